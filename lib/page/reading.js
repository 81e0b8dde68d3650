(function () {
  function opened(target) {
    for (var node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  }
  function follow() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    opened(target);
    target.querySelectorAll(":scope > details").forEach(function (one) { one.open = true; });
    target.scrollIntoView();
  }
  function every(selector, act) { document.querySelectorAll(selector).forEach(act); }
  addEventListener("hashchange", follow);
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) follow();
  });

  // Where the longest words of all columns fit beside each other on a page, none is taken apart.
  function roomy(table) {
    var widths = [];
    Array.prototype.forEach.call(table.rows, function (row) {
      Array.prototype.forEach.call(row.cells, function (cell, at) {
        cell.textContent.split(/[\s-]+/).forEach(function (word) { widths[at] = Math.max(widths[at] || 2, word.length); });
      });
    });
    return widths.reduce(function (sum, width) { return sum + width; }, 0) <= 120;
  }

  // A table of hundreds of rows would fill a printed record: it is cut there, and says so.
  function shortened(table) {
    var rows = table.tBodies[0] ? Array.from(table.tBodies[0].rows) : [];
    if (rows.length <= 120) return;
    rows.slice(60).forEach(function (row) { row.classList.add("unprinted"); });
    var said = document.createElement("p");
    said.textContent = rows.length - 60 + " further rows are not printed; index.html shows them.";
    table.after(said);
    notes.push(said);
  }

  var closed = [], repeated = [], notes = [];
  addEventListener("beforeprint", function () {
    var printed = new Set();
    every("details:not([open]):not(.code):not(.card):not(.method):not(.unasked)", function (one) {
      if (printed.has(one.textContent)) return repeated.push(one);
      printed.add(one.textContent);
      closed.push(one);
      one.open = true;
    });
    repeated.forEach(function (one) { one.classList.add("repeated"); });
    every("table", function (one) {
      shortened(one);
      one.classList.toggle("roomy", roomy(one));
      // A long list of names and values has room for two beside each other.
      one.parentElement.classList.toggle("paired", one.rows.length > 40 && one.rows[0].cells.length === 2);
    });
  });
  addEventListener("afterprint", function () {
    closed.splice(0).forEach(function (one) { one.open = false; });
    repeated.splice(0).forEach(function (one) { one.classList.remove("repeated"); });
    notes.splice(0).forEach(function (one) { one.remove(); });
  });

  var find = document.getElementById("find"), outcome = document.getElementById("outcome");
  function filter() {
    var words = find.value.toLowerCase(), wanted = outcome.value, shown = 0;
    every("#evidence .card", function (card) {
      var fits = (!wanted || card.dataset.outcome === wanted) && card.textContent.toLowerCase().includes(words);
      card.hidden = !fits;
      shown += fits;
    });
    every("#evidence .group", function (group) {
      group.hidden = !group.querySelector(".card:not([hidden])");
      if (words || wanted) group.open = !group.hidden;
    });
    document.getElementById("found").textContent = words || wanted ? shown + " found" : "";
  }
  if (find) { find.addEventListener("input", filter); outcome.addEventListener("change", filter); }

  function sort(table, column, button) {
    var down = button.getAttribute("aria-sort") === "ascending", body = table.tBodies[0];
    var rows = Array.from(body.rows), text = function (row) { return row.cells[column] ? row.cells[column].textContent : ""; };
    rows.sort(function (a, b) { return text(a).localeCompare(text(b), undefined, {numeric: true}) * (down ? -1 : 1); });
    table.querySelectorAll("th").forEach(function (head) { head.removeAttribute("aria-sort"); });
    button.setAttribute("aria-sort", down ? "descending" : "ascending");
    rows.forEach(function (row) { body.appendChild(row); });
  }
  every("table", function (table) {
    if (!table.tHead || !table.tBodies[0] || table.tBodies[0].rows.length < 4) return;
    Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
      if (!head.textContent.trim()) return;
      var button = document.createElement("button");
      while (head.firstChild) button.appendChild(head.firstChild);
      button.title = "sort by this column";
      head.appendChild(button);
      button.addEventListener("click", function () { sort(table, column, head); });
    });
  });

  var beside = document.getElementById("retracted");
  if (beside) {
    var shown = document.createElement("object");
    shown.className = "retracted";
    shown.type = "text/html";
    shown.setAttribute("aria-label", "claims that were withdrawn later");
    shown.addEventListener("load", function () { shown.classList.add("shown"); });
    shown.addEventListener("error", function () { shown.remove(); });
    shown.data = "../" + location.pathname.split("/").slice(-2)[0] + ".retracted.html";
    beside.appendChild(shown);
  }

  function widths() {
    every(".output, .output div, .scrolls, pre", function (box) {
      var wide = box.scrollWidth > box.clientWidth + 1;
      box.classList.toggle("wide", wide);
      if (wide) box.tabIndex = 0;
    });
  }
  addEventListener("resize", widths);
  document.addEventListener("toggle", widths, true);
  widths();
  follow();
})();
