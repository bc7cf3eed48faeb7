// Plots. <div class="chart" data-chart='{"kind": "bar", "names": [...], "series": [{"name", "values", "stack"?}],
// "links": [...], "unit": "", "percent": false, "horizontal": false}' role="img" aria-label="..."></div>
// The same figures always stand in a table beside it. "links" holds where a click on each name leads.
// kind "scatter" takes series of [x, y] pairs; "diagonal": true draws where y equals x (calibration).
import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

type Series = { name: string; values: (number | null)[] | [number, number][]; stack?: string };
type Plot = {
  kind: "bar" | "line" | "scatter";
  names?: string[];
  series: Series[];
  links?: string[];
  percent?: boolean;
  horizontal?: boolean;
  diagonal?: boolean;
  x?: string;
  y?: string;
};

const COLOURS = ["#1f6fc0", "#c2571a", "#2f8f5b", "#8a4fbf", "#b8860b", "#c43d5a", "#4a6d7c", "#6b7a1f"];
const charts = new Map<HTMLElement, EChartsType>();

function options(plot: Plot, element: HTMLElement): EChartsCoreOption {
  const style = getComputedStyle(element);
  const text = { color: style.color, fontFamily: style.fontFamily, fontSize: 13 };
  const line = { lineStyle: { color: "rgba(128,128,128,.25)" } };
  const show = (value: unknown) => (plot.percent && typeof value === "number" ? `${(value * 100).toFixed(1)}%` : String(value ?? "—"));
  const names = { type: "category" as const, data: plot.names, axisLabel: { ...text, hideOverlap: true }, name: plot.x, nameTextStyle: text };
  const values = { type: "value" as const, axisLabel: { ...text, formatter: show }, splitLine: line, name: plot.y, nameTextStyle: text };
  const first = plot.kind === "scatter" ? { ...values, name: plot.x, nameLocation: "middle" as const, nameGap: 28 } : names;
  return {
    color: COLOURS,
    animation: false,
    textStyle: text,
    grid: { left: 12, right: 24, top: plot.series.length > 1 ? 44 : 28, bottom: plot.x ? 30 : 12, containLabel: true },
    legend: plot.series.length > 1 ? { top: 4, textStyle: text } : undefined,
    tooltip: { trigger: plot.kind === "scatter" ? "item" : "axis", renderMode: "richText", valueFormatter: show, confine: true },
    xAxis: plot.horizontal ? values : first,
    yAxis: plot.horizontal ? { ...names, inverse: true } : values,
    series: plot.series.map((one) => ({
      type: plot.kind,
      name: one.name,
      data: one.values,
      stack: one.stack,
      barMaxWidth: 36,
      symbolSize: plot.kind === "scatter" ? 8 : 6,
      cursor: plot.links ? "pointer" : "default",
      markLine: plot.diagonal
        ? { silent: true, symbol: "none", lineStyle: { type: "dashed" }, data: [[{ coord: [0, 0] }, { coord: [1, 1] }]] }
        : undefined,
    })),
  };
}

function draw(element: HTMLElement): void {
  const plot = JSON.parse(element.dataset["chart"] ?? "{}") as Plot;
  charts.get(element)?.dispose();
  const chart = init(element);
  charts.set(element, chart);
  chart.setOption(options(plot, element));
  chart.on("click", ({ dataIndex }) => {
    const link = plot.links?.[dataIndex as number];
    if (link) location.assign(link);
  });
}

function drawAll(): void {
  for (const element of charts.keys()) if (!element.isConnected) charts.get(element)?.dispose(), charts.delete(element);
  document.querySelectorAll<HTMLElement>("[data-chart]").forEach(draw);
}

addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
document.addEventListener("htmx:afterSettle", drawAll);
drawAll();
