document.querySelectorAll("figure.plot").forEach(function (figure) {
  var still = figure.querySelector(".still"), place = document.createElement("div");
  try {
    var chart = JSON.parse(figure.querySelector("script").textContent);
    place.className = "plotly-graph";
    figure.appendChild(place);
    Plotly.newPlot(place, chart.data, chart.layout, {responsive: true, displaylogo: false, displayModeBar: false}).then(function () {
      still.className = "still drawn";
    });
  } catch (error) { place.remove(); }
});
