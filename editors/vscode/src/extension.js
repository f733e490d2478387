// Starts `trig lsp` and keeps it running; colours and snippets work without it.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function makeClient() {
  const settings = vscode.workspace.getConfiguration("trig");
  const [command, ...args] = settings.get("command");
  const watched = vscode.workspace.createFileSystemWatcher("**/*.{trig,j2}");
  return new LanguageClient(
    "trig",
    "Trig",
    { command, args },
    {
      documentSelector: [{ language: "trig" }],
      initializationOptions: { program: settings.get("program"), functions: settings.get("functions") },
      synchronize: { fileEvents: watched },
    },
  );
}

async function start() {
  client = makeClient();
  try {
    await client.start();
  } catch (error) {
    const said = await vscode.window.showErrorMessage(
      `Trig's language server does not start: ${error.message}. Install it with \`pip install 'trigdsl[lsp]'\`, ` +
        "or set its command.",
      "Open settings",
    );
    if (said) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "trig.command");
    }
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running?.isRunning()) {
    await running.stop();
  }
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("trig.restart", async () => {
      await stop();
      await start();
    }),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("trig")) {
        await stop();
        await start();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
