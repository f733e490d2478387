// Light or dark: as the system has it, or as chosen. Tells who draws when it changes.
const Theme = (() => {
  "use strict";
  const root = document.documentElement;
  const select = document.getElementById("theme");
  const changed = [];
  const KEY = "trig-report-theme";

  // A page from a file may not be allowed to keep anything.
  function kept() { try { return localStorage.getItem(KEY); } catch { return null; } }
  function keep(theme) { try { localStorage.setItem(KEY, theme); } catch { /* then it holds until the page closes */ } }

  function set(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme; else delete root.dataset.theme;
    changed.forEach((draw) => draw());
  }

  select.closest("div").hidden = false;
  if (["light", "dark"].includes(kept())) select.value = kept();
  set(select.value);
  select.addEventListener("change", () => { keep(select.value); set(select.value); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => changed.forEach((draw) => draw()));

  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);

  return {
    // The colour that a custom property has now.
    colour(name) { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; },
    onChange(draw) { changed.push(draw); },
  };
})();
