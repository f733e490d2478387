// Draws the charts from the numbers in the page; every chart stands above a table of the same numbers.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const MOST_SERIES = 7;
  const DAY = 86400000;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const drawn = [];

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 13;
  Chart.defaults.maintainAspectRatio = false;

  const canvas = (name) => document.getElementById(`${name}-canvas`);
  const iso = (day) => new Date(day * DAY).toISOString().slice(0, 10);

  // Makes a chart of what `configure` says, and makes it anew when colours change or `redraw` is called.
  function draw(name, configure) {
    if (!canvas(name)) return () => {};
    let chart = null;
    const redraw = () => {
      Chart.defaults.color = Theme.colour("quiet");
      Chart.defaults.borderColor = Theme.colour("line");
      Chart.defaults.animation = still.matches ? false : { duration: 250 };
      if (chart) chart.destroy();
      chart = new Chart(canvas(name), configure());
    };
    drawn.push(redraw);
    redraw();
    return redraw;
  }

  function axis(title, more = {}) {
    return { title: { display: true, text: title }, ticks: { precision: 0, maxRotation: 0, autoSkipPadding: 16 }, ...more };
  }

  // ------------------------------------------------------------------ over time
  const monday = (day) => day - ((((day + 3) % 7) + 7) % 7);
  const month = (day) => iso(day).slice(0, 7);

  function chosen(name) { return document.querySelector(`input[name="${name}"]:checked`).value; }

  function periods(each) {
    const days = data.sends.flatMap(([, , points]) => points.map(([day]) => day));
    const first = days.reduce((a, b) => Math.min(a, b)), last = days.reduce((a, b) => Math.max(a, b));
    const labels = [];
    for (let day = first; day <= last; day++) {
      const label = of(day, each);
      if (labels[labels.length - 1] !== label) labels.push(label);
    }
    return labels;
  }

  function of(day, each) { return each === "day" ? iso(day) : each === "week" ? iso(monday(day)) : month(day); }

  function sends() {
    const by = chosen("by"), each = chosen("each");
    const names = by === "rule" ? data.rules : data.channels;
    const labels = periods(each);
    const place = new Map(labels.map((label, at) => [label, at]));
    // When there are more than can be told apart by colour, the smallest are one.
    const shown = names.length > MOST_SERIES + 1 ? MOST_SERIES : names.length;
    const sums = Array.from({ length: Math.min(names.length, shown + 1) }, () => new Array(labels.length).fill(0));
    for (const [rule, channel, points] of data.sends) {
      const sum = sums[Math.min(by === "rule" ? rule : channel, shown)];
      for (const [day, number] of points) sum[place.get(of(day, each))] += number;
    }
    return {
      type: "bar",
      data: {
        labels,
        datasets: sums.map((sum, at) => ({
          label: at < shown ? names[at] || "(no channel)" : `${names.length - shown} other ${by}s`,
          data: sum,
          backgroundColor: Theme.colour(at < MOST_SERIES ? `series-${at + 1}` : "series-other"),
        })),
      },
      options: {
        interaction: { mode: "index", intersect: false },
        scales: {
          x: axis(each === "week" ? "week from" : each, { stacked: true, grid: { display: false } }),
          y: axis("messages", { stacked: true, beginAtZero: true }),
        },
        plugins: { legend: { position: "bottom", labels: { boxWidth: 14 } } },
      },
    };
  }

  if (canvas("sends")) {
    const days = data.sends.flatMap(([, , points]) => points.map(([day]) => day));
    const length = days.reduce((a, b) => Math.max(a, b)) - days.reduce((a, b) => Math.min(a, b));
    const each = length <= 62 ? "day" : length <= 730 ? "week" : "month";
    document.querySelector(`input[name="each"][value="${each}"]`).checked = true;
    const redraw = draw("sends", sends);
    document.querySelectorAll(".choice").forEach((choice) => {
      choice.hidden = false;
      choice.addEventListener("change", redraw);
    });
  }

  // ------------------------------------------------------------------ pressure
  draw("pressure", () => ({
    type: "bar",
    data: {
      labels: data.pressure.map(([name]) => name),
      datasets: [{ label: "user-weeks", data: data.pressure.map(([, weeks]) => weeks), backgroundColor: Theme.colour("series-1"), maxBarThickness: 64 }],
    },
    options: {
      scales: { x: axis("messages in a week", { grid: { display: false } }), y: axis("user-weeks", { beginAtZero: true }) },
      plugins: { legend: { display: false } },
    },
  }));

  draw("weeks", () => {
    const line = (label, colour, values, dash = []) => ({
      label, data: values, borderColor: Theme.colour(colour), backgroundColor: Theme.colour(colour),
      borderWidth: 2, borderDash: dash, pointRadius: data.weeks.length > 40 ? 0 : 3, tension: 0,
    });
    return {
      type: "line",
      data: {
        labels: data.weeks.map(([day]) => iso(day)),
        datasets: [
          line("messages per reached user", "series-1", data.weeks.map(([, users, messages]) => messages / users)),
          line("most for one user", "series-2", data.weeks.map(([, , , most]) => most), [6, 3]),
        ],
      },
      options: {
        interaction: { mode: "index", intersect: false },
        scales: { x: axis("week from", { grid: { display: false } }), y: axis("messages", { beginAtZero: true }) },
        plugins: { legend: { position: "bottom", labels: { boxWidth: 14 } } },
      },
    };
  });

  // ------------------------------------------------------------------ outcomes
  if (canvas("outcomes")) {
    canvas("outcomes").parentElement.style.height = `${Math.max(11, 5 + 2.2 * data.outcomes.length)}rem`;
    draw("outcomes", () => {
      const statuses = Object.keys(data.outcomes[0][1]).filter((status) => data.outcomes.some(([, of]) => of[status]));
      return {
        type: "bar",
        data: {
          labels: data.outcomes.map(([rule]) => rule),
          datasets: statuses.map((status) => ({
            label: status,
            data: data.outcomes.map(([, of]) => of[status]),
            backgroundColor: Theme.colour(`status-${status}`),
          })),
        },
        options: {
          indexAxis: "y",
          interaction: { mode: "index", axis: "y", intersect: false },
          scales: { x: axis("decisions", { stacked: true, beginAtZero: true }), y: { stacked: true, grid: { display: false } } },
          plugins: { legend: { position: "bottom", labels: { boxWidth: 14 } } },
        },
      };
    });
  }

  // On a narrow screen the heat map begins where there is something to see.
  document.querySelectorAll(".heat-map").forEach((map) => {
    const cells = [...map.querySelectorAll("td.heat:not(.heat-0)")];
    const first = Math.min(...cells.map((cell) => cell.offsetLeft));
    map.parentElement.scrollLeft = Math.max(0, first - map.querySelector("tbody th").offsetWidth);
  });

  Theme.onChange(() => drawn.forEach((redraw) => redraw()));

  // ------------------------------------------------------------------ as a table
  document.querySelectorAll("button.as-table").forEach((button) => {
    const numbers = document.getElementById(button.getAttribute("aria-controls"));
    const show = (shown) => {
      numbers.hidden = !shown;
      button.setAttribute("aria-expanded", shown);
      button.textContent = shown ? "Hide the table" : "Show as table";
    };
    button.hidden = false;
    show(numbers.dataset.open === "true");
    button.addEventListener("click", () => show(numbers.hidden));
  });
  document.documentElement.dataset.charts = String(drawn.length);
})();
