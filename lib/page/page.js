(function () {
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  function look(layout) {
    var shown = Object.assign({}, layout);
    if (!dark) return shown;
    Object.assign(shown, {paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)"});
    shown.font = Object.assign({}, layout.font, {color: "#e6e9ef"});
    Object.keys(shown).filter(function (name) { return /^[xy]axis/.test(name); }).forEach(function (name) {
      shown[name] = Object.assign({}, shown[name], {gridcolor: "#343c49", zerolinecolor: "#5a6473", linecolor: "#a3adbb"});
    });
    return shown;
  }
  function draw(figure) {
    if (figure.dataset.drawn) return;
    figure.dataset.drawn = "yes";
    var still = figure.querySelector(".still"), place = document.createElement("div");
    try {
      var chart = JSON.parse(figure.querySelector("script").textContent);
      place.className = "plotly-graph";
      figure.appendChild(place);
      var options = {responsive: true, displaylogo: false, displayModeBar: false};
      Plotly.newPlot(place, chart.data, look(chart.layout || {}), options).then(function () {
        still.className = "still drawn";
      });
    } catch (error) { place.remove(); }
  }
  function visible() {
    document.querySelectorAll("figure.plot").forEach(function (figure) { if (figure.checkVisibility()) draw(figure); });
  }
  document.addEventListener("toggle", visible, true);
  visible();
})();
