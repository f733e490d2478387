// The table of decisions: finds, pages, and opens the story below a row.
(() => {
  "use strict";
  const { data, columns, text, status, because, zone, title, at, action, lines, run } = Decisions;
  const PER_PAGE = 50;
  const box = document.getElementById("decision-table");
  if (!box) {
    document.documentElement.dataset.ready = "true";
    return;
  }
  const filters = document.getElementById("filters");
  const found = document.getElementById("found");
  const pages = document.getElementById("pages");
  const field = (name) => document.getElementById(`filter-${name}`);
  const HEADER = ["time", "user", "rule", "action", "status", "because, or what was said"];

  function element(name, attributes = {}, ...contents) {
    const made = document.createElement(name);
    for (const [key, held] of Object.entries(attributes)) made.setAttribute(key, held);
    made.append(...contents);
    return made;
  }

  // What stands between backticks is a name in the rules.
  function quoted(said) {
    const parts = said.split("`");
    return parts.length % 2 ? parts.map((part, place) => (place % 2 ? element("code", {}, part) : part)) : [said];
  }

  // ------------------------------------------------------------------ finding
  const users = new Set(columns.user ? columns.user.map((place) => data.texts[place]) : []);
  let haystacks = null;
  function haystack(row) {
    haystacks ||= new Array(data.count);
    return (haystacks[row] ||= [
      text("user", row), text("rule", row), title(row), action(row), status(row), text("reason", row), because(row),
      text("variant", row), text("text", row), text("more", row), text("event_id", row), text("why", row),
    ].filter((part) => part !== null).join("\n").toLowerCase());
  }

  function matching() {
    const wanted = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const user = field("user").value.trim();
    const isWhole = users.has(user), part = user.toLowerCase();
    const rule = field("rule").value, state = field("status").value;
    const rows = [];
    for (let row = 0; row < data.count; row++) {
      if (state && status(row) !== state) continue;
      if (rule && text("rule", row) !== rule) continue;
      if (isWhole ? text("user", row) !== user : part && !text("user", row).toLowerCase().includes(part)) continue;
      if (wanted.length && !wanted.every((word) => haystack(row).includes(word))) continue;
      rows.push(row);
    }
    return rows;
  }

  // ------------------------------------------------------------------ showing
  let rows = [], page = 0;

  function show() {
    rows = matching();
    page = 0;
    found.textContent = rows.length === data.count
      ? `${rows.length.toLocaleString("en")} decisions.`
      : `${rows.length.toLocaleString("en")} of ${data.count.toLocaleString("en")} decisions match.`;
    showPage();
  }

  function showPage() {
    const first = page * PER_PAGE, shown = rows.slice(first, first + PER_PAGE);
    const head = element("tr", {}, ...HEADER.map((name) => element("th", { scope: "col" }, name)));
    const body = element("tbody", {}, ...shown.map(tableRow));
    const caption = shown.length
      ? `Decisions ${(first + 1).toLocaleString("en")} to ${(first + shown.length).toLocaleString("en")}, times local to the user`
      : "No decision matches";
    const table = element("table", {}, element("caption", {}, caption), element("thead", {}, head), body);
    box.replaceChildren(element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of decisions" }, table));
    showPages();
  }

  function tableRow(row) {
    const opens = element("button", { type: "button", class: "opens", "aria-expanded": "false" }, at(columns.time[row], row));
    const made = element(
      "tr", {},
      element("th", { scope: "row" }, opens),
      element("td", {}, text("user", row)),
      element("td", {}, `${text("rule", row)}, step ${columns.step[row]}`),
      element("td", {}, action(row)),
      element("td", {}, element("span", { class: `status status-${status(row)}` }, status(row))),
      element("td", { class: "said" }, ...(because(row) ? quoted(because(row)) : [shortly(text("text", row) || text("more", row) || "")])),
    );
    opens.addEventListener("click", () => toggle(opens, made, row));
    return made;
  }

  function shortly(said) { return said.length > 160 ? `${said.slice(0, 159)}…` : said; }

  function showPages() {
    const last = Math.max(0, Math.ceil(rows.length / PER_PAGE) - 1);
    const step = (name, to) => {
      const button = element("button", { type: "button" }, name);
      button.disabled = to < 0 || to > last;
      button.addEventListener("click", () => {
        page = to;
        showPage();
        const again = [...pages.querySelectorAll("button")].find((one) => one.textContent === name);
        (again.disabled ? box.querySelector(".opens") : again).focus();
      });
      return button;
    };
    const place = element("span", {}, `Page ${page + 1} of ${last + 1}`);
    pages.replaceChildren(step("Previous", page - 1), place, step("Next", page + 1));
    pages.hidden = last === 0;
  }

  // ------------------------------------------------------------------ a story
  function toggle(opens, made, row) {
    if (opens.getAttribute("aria-expanded") === "true") {
      made.nextElementSibling.remove();
      opens.setAttribute("aria-expanded", "false");
      opens.removeAttribute("aria-controls");
      return;
    }
    const story = storyRow(row);
    made.after(story);
    opens.setAttribute("aria-expanded", "true");
    opens.setAttribute("aria-controls", story.id);
    story.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { toggle(opens, made, row); opens.focus(); }
    });
  }

  function storyRow(row) {
    const named = title(row) === null ? text("rule", row) : `${text("rule", row)}: ${title(row)}`;
    const told = [
      element("h3", {}, `${named}, for ${text("user", row)} (${zone(row)[0]})`),
      element("ol", {}, ...lines(row).map((line) => element("li", {}, ...quoted(line)))),
    ];
    if (text("why", row) !== null) told.push(element("p", {}, ...quoted(`Why: ${text("why", row)}.`)));
    if (text("text", row) !== null) told.push(element("blockquote", {}, text("text", row)));
    if (text("more", row) !== null) told.push(element("pre", {}, text("more", row)));
    const same = run(row);
    if (same.length > 1) {
      told.push(element("h3", {}, "All that the rule did, triggered at that moment"));
      told.push(element("ol", {}, ...same.map((other) => element(
        "li", other === row ? { "aria-current": "true" } : {},
        ...quoted(
          `${at(columns.time[other], other)}: step ${columns.step[other]}, ${action(other)}, ${status(other)}` +
          (because(other) ? ` (${because(other)})` : ""),
        ),
      ))));
    }
    const everything = element("button", { type: "button" }, "All decisions about this user");
    everything.addEventListener("click", () => {
      filters.reset();
      field("user").value = text("user", row);
      show();
      field("user").focus();
    });
    told.push(everything);
    return element("tr", { class: "story", id: `story-${row}` }, element("td", { colspan: String(HEADER.length) }, element("div", {}, ...told)));
  }

  document.getElementById("without-script").hidden = true;
  filters.hidden = false;
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("input", show);
  // The fields are empty only after the event.
  filters.addEventListener("reset", () => setTimeout(show));
  show();
  document.documentElement.dataset.ready = "true";
})();
