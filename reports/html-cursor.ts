/**
 * The cursor that all charts of the timeline share, and their zoom: the only script of the page, and an enhancement.
 * Without it everything is drawn and in the tables; the controls stay hidden.
 */
import { STATE_SYMBOLS } from "./charts/topology-map.ts";
import type { Frame } from "./charts/spec.ts";
import { formatClock } from "./format.ts";
import { html, raw } from "./markup.ts";
import type { Markup } from "./markup.ts";

const ZOOMS = [1, 2, 4, 8, 16];

export function cursorControl(frame: Frame): Markup {
  const fromMs = Math.round(frame.fromMs);
  const toMs = Math.round(frame.toMs);
  const step = Math.max(1, Math.round((toMs - fromMs) / 1000));
  return html`<div class="cursor" hidden data-from="${fromMs}" data-to="${toMs}">
    <label for="cursor-at">Cursor</label>
    <input
      id="cursor-at"
      type="range"
      min="${fromMs}"
      max="${toMs}"
      step="${step}"
      value="${fromMs}"
      aria-valuetext="${formatClock(fromMs)}"
    />
    <output for="cursor-at">${formatClock(fromMs)}</output>
    <label for="zoom">Zoom</label>
    <select id="zoom">
      ${ZOOMS.map((zoom) => html`<option value="${zoom}">${zoom}×</option>`)}
    </select>
  </div>`;
}

/** Reads what stands in the page, writes attributes, classes and text; no data of its own, no network. */
export const SCRIPT = `
(()=>{
"use strict";
const all=(from,what)=>[...from.querySelectorAll(what)];
const section=document.getElementById("timeline");
const control=section&&section.querySelector(".cursor");
if(!control)return;
const symbols=${JSON.stringify(STATE_SYMBOLS)};
const from=Number(control.dataset.from),to=Number(control.dataset.to);
const input=control.querySelector("input"),output=control.querySelector("output"),zoom=control.querySelector("select");
const pans=all(section,".pan"),lines=all(section,"line.at"),nodes=all(document,".node");
const mapTime=document.querySelector("[data-map-time]");
const clock=ms=>{const s=Math.max(0,Math.round(ms/1000)),two=n=>String(n).padStart(2,"0"),m=Math.floor(s/60);
return m<60?m+":"+two(s%60):Math.floor(m/60)+":"+two(m%60)+":"+two(s%60)};
const rowsOf=figure=>all(figure,"tr[data-at]").map(row=>({at:Number(row.dataset.at),row}));
const charts=all(section,"figure.chart:not(.strip)").map(figure=>({heads:all(figure,"thead th").map(h=>h.textContent.trim()),rows:rowsOf(figure),figure})).filter(c=>c.rows.length>0);
for(const chart of charts){chart.now=document.createElement("p");chart.now.className="now";chart.figure.querySelector(".axes").after(chart.now)}
const last=(list,ms)=>{let found;for(const one of list)if(one.at<=ms)found=one;return found};
const valuesAt=(chart,ms)=>{const found=last(chart.rows,ms);if(!found)return"";
return all(found.row,"td").map((cell,i)=>[chart.heads[i+1],cell.textContent.trim()]).filter(([,text])=>text!=="–"&&text!=="0").map(pair=>pair.join(" ")).join(" · ")};
const set=ms=>{
const share=(ms-from)/Math.max(1,to-from)*100+"%";
for(const line of lines){line.setAttribute("x1",share);line.setAttribute("x2",share)}
input.value=String(ms);output.textContent=clock(ms);input.setAttribute("aria-valuetext",clock(ms));
section.classList.add("live");
for(const chart of charts)chart.now.textContent="from "+clock((last(chart.rows,ms)||{at:from}).at)+": "+(valuesAt(chart,ms)||"no samples");
for(const node of nodes){let state="absent";
for(const one of node.dataset.states.split(" ")){const[at,name]=one.split(":");if(name&&Number(at)<=ms)state=name}
node.className="node s-"+state;node.querySelector("i").textContent=symbols[state]}
if(mapTime)mapTime.textContent="at "+clock(ms)};
const scrollTo=left=>{for(const pan of pans)if(Math.abs(pan.scrollLeft-left)>1)pan.scrollLeft=left};
input.addEventListener("input",()=>set(Number(input.value)));
for(const pan of pans){
pan.addEventListener("pointermove",event=>{const box=pan.firstElementChild.getBoundingClientRect();
set(Math.min(to,Math.max(from,from+(event.clientX-box.left)/box.width*(to-from))))});
pan.addEventListener("scroll",()=>scrollTo(pan.scrollLeft),{passive:true})}
zoom.addEventListener("change",()=>{
for(const name of [...section.classList])if(/^z\\d/.test(name))section.classList.remove(name);
const many=Number(zoom.value);
if(many>1)section.classList.add("z"+many);
for(const pan of pans){if(many>1)pan.tabIndex=0;else pan.removeAttribute("tabindex")}
const first=pans[0];if(!first)return;
const at=(Number(input.value)-from)/Math.max(1,to-from);
scrollTo(at*first.scrollWidth-first.clientWidth/2)});
control.hidden=false;
})();
`;

// Not part of the page's template: a single added space would change the digest and void the script.
export const SCRIPT_ELEMENT = raw(`<script>${SCRIPT}</script>`);
