/** The style sheet of report.html. Light and dark by the reader's setting, phone to desktop, and print. */

export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfbf9;--card:#fff;--ink:#1b1f24;--soft:#57606a;--line:#dcdfe3;--grid:#e9ebee;--link:#1a5fb4;
--ok:#1a7f37;--okbg:#e8f5ec;--bad:#b42318;--badbg:#fdecea;--unsure:#8a5a00;--unsurebg:#fdf3dc;--void:#7a3ea8;--voidbg:#f4ebfa;
--hold:#e2a03f;--holdop:.34;--mendop:.15;--c0:#1f5fa8;--c1:#b93a1e;--c2:#0f766e;--c3:#8b2f87;--c4:#5146c9;--c5:#5f7a0c;--c6:#8a5a2b;--c7:#0b7fab;--c8:#a3305d;--c9:#6b7480}
@media (prefers-color-scheme:dark){:root{--bg:#13161a;--card:#1a1e24;--ink:#e6e8eb;--soft:#a1aab4;--line:#333a43;--grid:#272d35;--link:#7ab4f5;
--ok:#5fce80;--okbg:#15291c;--bad:#ff8a7a;--badbg:#361b19;--unsure:#eab84d;--unsurebg:#30260f;--void:#cf9bf0;--voidbg:#2a1d36;
--hold:#d08a2a;--holdop:.38;--mendop:.17;--c0:#6aa9f0;--c1:#f5866c;--c2:#4fc3b4;--c3:#dc8bd8;--c4:#a59cff;--c5:#b5cf52;--c6:#d3a26d;--c7:#5fc4ea;--c8:#f084ae;--c9:#98a2ae}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
main,.top,footer{max-width:1120px;margin:0 auto;padding:0 24px}
a{color:var(--link)}
h1,h2,h3,p,ul,dl,figure{margin:0;padding:0}
h2{font-size:21px;line-height:1.3;font-weight:650;letter-spacing:-.01em;margin:0 0 10px}
h3{font-size:15px;font-weight:650;margin:22px 0 8px}
section{margin:44px 0 0;scroll-margin-top:12px}
code,pre{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
ul{list-style:none}
.lead{color:var(--soft);max-width:78ch;margin:0 0 14px}
.none{color:var(--soft)}
.top{display:flex;flex-wrap:wrap;gap:6px 28px;align-items:baseline;padding-top:18px;padding-bottom:14px}
.brand{font-weight:700;letter-spacing:-.01em}
.top nav{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13.5px}
.top nav a{color:var(--soft);text-decoration:none}
.top nav a:hover{color:var(--ink);text-decoration:underline}
.is-PROVEN{--s:var(--ok);--sbg:var(--okbg)}.is-VIOLATED{--s:var(--bad);--sbg:var(--badbg)}
.is-INCONCLUSIVE{--s:var(--unsure);--sbg:var(--unsurebg)}.is-INVALID{--s:var(--void);--sbg:var(--voidbg)}
.mark{display:inline-grid;place-items:center;flex:none;width:1.35em;height:1.35em;background:var(--s);color:var(--card);font-weight:800;line-height:1;border-radius:50%;font-size:.82em;font-family:"DejaVu Sans","Segoe UI Symbol",system-ui,sans-serif}
.is-VIOLATED .mark{border-radius:3px}
.is-INCONCLUSIVE .mark{border-radius:3px;transform:rotate(45deg) scale(.82)}
.is-INCONCLUSIVE .mark>span{transform:rotate(-45deg) scale(1.2)}
.is-INVALID .mark{border-radius:0;clip-path:polygon(50% 0,100% 100%,0 100%)}
.is-INVALID .mark>span{padding-top:.3em;font-size:.85em}
.banner{margin:0;background:var(--sbg);border:1px solid var(--line);border-left:6px solid var(--s);border-radius:8px;padding:26px 28px 20px}
.banner h1{display:flex;gap:14px;align-items:center;font-size:34px;line-height:1.15;font-weight:750;letter-spacing:.01em;color:var(--s)}
.banner .because{font-size:19px;line-height:1.4;margin:12px 0 0;max-width:66ch}
.banner .purpose{color:var(--soft);margin:6px 0 0;max-width:78ch}
.cert{margin:14px 0 0;padding:9px 12px;background:var(--card);border:1px dashed var(--soft);border-radius:6px;max-width:86ch}
.cert.yes{border-style:solid;border-color:var(--ok)}
.meta{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:12px 24px;margin:18px 0 0}
.meta dt,.versions dt{font-size:12px;color:var(--soft)}
.meta dd,.versions dd{margin:0;overflow-wrap:anywhere}
.reasons{margin:16px 0 0;list-style:disc;padding-left:20px}
.claimed{color:var(--soft);font-size:13.5px;margin:14px 0 0}
.problems{margin-top:18px;background:var(--unsurebg);border:1px solid var(--unsure);border-radius:8px;padding:14px 18px}
.problems h2{font-size:16px;margin:0 0 6px}
.problems ul{list-style:disc;padding-left:20px}
.figures{display:grid;grid-template-columns:repeat(6,minmax(0,1fr));gap:12px;margin-top:20px}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card .name{font-size:12.5px;color:var(--soft)}
.card .value{font-size:21px;line-height:1.3;font-weight:650;letter-spacing:-.01em;margin:2px 0}
.card .note{font-size:12px;line-height:1.35;color:var(--soft)}
.card.bad{border-color:var(--bad)}.card.bad .value{color:var(--bad)}
.badge{display:inline-flex;gap:7px;align-items:center;font-size:12px;font-weight:700;letter-spacing:.03em;color:var(--s,var(--soft));white-space:nowrap}
.badge .mark{font-size:12.5px}
table{border-collapse:collapse;width:100%;font-size:13.5px}
th,td{text-align:left;vertical-align:top;padding:8px 12px 8px 0;border-bottom:1px solid var(--line)}
thead th,thead td{font-size:12px;font-weight:600;color:var(--soft);vertical-align:bottom;border-bottom-color:var(--soft)}
tbody th{font-weight:600}
caption{text-align:left;color:var(--soft);font-size:12.5px;padding:4px 0}
.verdicts .group th{padding-top:20px;font-size:13px;font-weight:700;border-bottom-color:var(--soft)}
.verdicts .r{text-align:right;white-space:nowrap}
.verdicts .r:last-child{padding-right:0;white-space:normal}
.verdicts td.r:last-child>span{white-space:nowrap}
.verdicts td span+small,.verdicts small+small,.verdicts td.r>span{display:block}
.verdicts small{display:block;font-size:11.5px;line-height:1.4;color:var(--soft)}
.verdicts .why{width:46%;min-width:260px}
.verdicts td p{margin:2px 0 0}
.verdicts td code{font-size:11.5px;color:var(--soft)}
.verdicts .take{width:26%}
.needed{color:var(--soft)}
.row-VIOLATED td{background:var(--badbg)}.row-INCONCLUSIVE td{background:var(--unsurebg)}.row-INVALID td{background:var(--voidbg)}
.row-VIOLATED td:first-child,.row-INCONCLUSIVE td:first-child,.row-INVALID td:first-child{padding-left:8px}
.row-VIOLATED td.r:last-child,.row-INCONCLUSIVE td.r:last-child,.row-INVALID td.r:last-child{padding-right:8px}
details summary{cursor:pointer;color:var(--soft);font-size:12.5px}
details summary:hover{color:var(--ink)}
.twin{margin-top:6px}
.meanings li{margin:6px 0;font-size:13.5px}
.evidence{list-style:disc;padding-left:18px;font-size:13px;margin-top:6px}
.evidence li{margin:2px 0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;max-width:100%}
.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.num td,.num th{white-space:nowrap;padding-right:22px}
.num:not(.left) td,.num:not(.left) thead th{text-align:right}
.num:not(.left) thead th:first-child{text-align:left}
.after{margin-top:12px}
.num.left td{max-width:52ch;white-space:normal}
.twin .scroll{max-height:340px;overflow:auto}
.same{color:var(--ok);white-space:nowrap}.differs{color:var(--bad);white-space:nowrap}
.faults{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:14px}
.fault{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:14px 16px}
.fault h3{margin:0 0 4px;font-size:15.5px}
.fid{display:inline-block;padding:0 7px;border-radius:4px;background:var(--hold);color:#1b1f24;font-size:12.5px;font-weight:700;line-height:20px}
.on{color:var(--soft);font-weight:400}
.sub{color:var(--soft);font-size:12.5px}
.class{display:inline-block;min-width:18px;text-align:center;border:1.5px solid currentColor;border-radius:4px;font-weight:700;font-size:11px;line-height:15px}
.class-W{color:var(--ok)}.class-B{color:var(--unsure)}.class-X{color:var(--bad)}
.alarm{color:var(--bad);font-weight:600;margin-top:8px}
.rec{margin-top:10px;font-size:13.5px}
.rec::first-letter{text-transform:uppercase}
.formula{font-size:12px;color:var(--soft);margin-top:4px;overflow-wrap:anywhere}
.chart{margin:22px -14px 0;padding:0 14px;overflow-x:clip}
.chart.full{margin-top:28px}
.chart.empty{display:flex;flex-wrap:wrap;gap:0 14px;margin-top:10px}
.chart.empty .unit{display:none}
figcaption{display:flex;flex-wrap:wrap;gap:2px 12px;align-items:baseline;margin-bottom:4px}
.unit{color:var(--soft);font-size:12.5px}
.legend{display:flex;flex-wrap:wrap;gap:2px 14px;margin-left:auto;font-size:12.5px}
.legend li{display:inline-flex;align-items:center;gap:6px}
.key{display:inline-block;width:18px;height:0;border-top:2px solid var(--c);font-style:normal}
.key.e1{border-top-style:dashed}.key.e2{border-top-style:dotted}.key.e3{border-top-style:double;border-top-width:4px}
.key.k-dots{width:7px;height:7px;border:0;border-radius:50%;background:var(--c)}
.key.k-stems{width:3px;height:11px;border:0;background:var(--c)}
.key.k-tri{width:auto;height:auto;border:0;color:var(--bad)}
.key.k-box{width:16px;height:8px;border:0}
.key.k-box.measured{background:var(--c0)}.key.k-box.budget{border:1.5px solid var(--soft)}
.c0{--c:var(--c0)}.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}.c5{--c:var(--c5)}.c6{--c:var(--c6)}.c7{--c:var(--c7)}.c8{--c:var(--c8)}.c9{--c:var(--c9)}
svg.plot{display:block;width:100%;overflow:visible}
.axes{display:grid;grid-template-columns:62px minmax(0,1fr);padding-right:14px}
svg.axis{display:block;width:62px;overflow:visible}
svg.axis text{font-size:11px;fill:var(--soft)}
.yl{text-anchor:end}
.pan{min-width:0}
.pan:focus-visible,.cursor input:focus-visible,.cursor select:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.z2 .pan,.z4 .pan,.z8 .pan,.z16 .pan{overflow-x:auto;overflow-y:hidden}
.z2 .pan>svg{width:200%}.z4 .pan>svg{width:400%}.z8 .pan>svg{width:800%}.z16 .pan>svg{width:1600%}
.cursor{position:sticky;top:0;z-index:2;display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center;margin:0 0 6px;padding:8px 12px;background:var(--card);border:1px solid var(--line);border-radius:8px;font-size:13.5px}
.cursor[hidden]{display:none}
.cursor input{flex:1 1 220px;min-width:120px;accent-color:var(--link)}
.cursor output{min-width:4.5em;font-weight:650}
.cursor select{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);border-radius:4px}
.at{display:none;stroke:var(--ink);stroke-width:1}
.live .at{display:inline}
.now{font-size:12.5px;color:var(--soft);min-height:1.5em}
.heat{fill:var(--c4);shape-rendering:crispEdges}
.h0{fill-opacity:.16}.h1{fill-opacity:.34}.h2{fill-opacity:.55}.h3{fill-opacity:.78}.h4{fill-opacity:1}
.key.k-heat{width:14px;height:11px;border:0;background:var(--c4)}
.k-heat.h0{opacity:.16}.k-heat.h1{opacity:.34}.k-heat.h2{opacity:.55}.k-heat.h3{opacity:.78}
.key.k-mark{width:auto;height:auto;border:0;font-family:"DejaVu Sans","Segoe UI Symbol",system-ui,sans-serif}
.k-mark.ok{color:var(--ok)}.k-mark.bad{color:var(--bad)}.k-mark.unsure{color:var(--unsure)}
.plot .mk{text-anchor:middle;font-size:12px}
.plot .mk.ok{fill:var(--ok)}.plot .mk.bad{fill:var(--bad)}.plot .mk.unsure{fill:var(--unsure)}
.plot .tl.start{text-anchor:start}
.map{display:flex;flex-wrap:wrap;gap:10px 22px;margin-top:6px}
.seg{fill:var(--c);stroke:var(--bg)}
.seg.unknown{fill:none;stroke:var(--soft);stroke-dasharray:3 3}
.key.k-seg{width:14px;height:11px;border:0;background:var(--c)}.key.k-seg.unknown{background:none;border:1.5px dashed var(--soft)}
.service b{display:block;font-size:12.5px;font-weight:600}
.node{display:inline-flex;gap:4px;align-items:center;margin:3px 5px 0 0;padding:1px 8px;border:1.5px solid var(--n);border-radius:5px;font-size:12.5px}
.node i{font-style:normal;color:var(--n);font-family:"DejaVu Sans","Segoe UI Symbol",system-ui,sans-serif}
.node{--n:var(--soft)}.node.s-up{--n:var(--ok)}.node.s-mending{--n:var(--unsure);background:var(--unsurebg)}.node.s-faulted{--n:var(--bad);background:var(--badbg)}
.full svg.plot,.strip svg.plot{overflow:visible}
.full svg.plot{margin-left:0;width:calc(100% - 24px)}
svg.bar{display:block;width:100%;margin-top:5px}
.narrow{display:none}
.plot text{font-size:11px;fill:var(--soft)}
.plot .grid{stroke:var(--ink);stroke-opacity:.1}
.plot .xl,.plot .pl{text-anchor:middle}
.plot .pl,.plot .rl{fill:var(--ink)}
.plot .rl{font-size:12.5px}
.plot .fl{fill:var(--ink);font-weight:600;font-size:10.5px}
.hold{fill:var(--hold);fill-opacity:var(--holdop)}.mend{fill:var(--hold);fill-opacity:var(--mendop)}
.phase.p0{fill:var(--line)}.phase.p1{fill:var(--grid)}
.ln,.dots,.stems{fill:none;stroke:var(--c);stroke-width:1.6;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.ln.e1{stroke-dasharray:6 3}.ln.e2{stroke-dasharray:2 3}.ln.e3{stroke-dasharray:9 3 2 3}
.dots{stroke-width:4;stroke-linecap:round;stroke-opacity:.75}
.stems{stroke-width:3}
.plot .target{stroke:var(--ink);stroke-dasharray:5 4;stroke-opacity:.65}
.plot .tl{text-anchor:end;fill:var(--ink);paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}
.plot .tri{fill:var(--bad);text-anchor:middle;font-size:12px}
.budget{fill:none;stroke:var(--soft);stroke-width:1.2}
.measured{fill:var(--c0)}.measured.over{fill:var(--bad)}
.versions{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:10px 22px;font-size:13.5px}
.files li,.deviations li{margin:5px 0}
.deviations{list-style:disc;padding-left:20px;max-width:92ch}
pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:12px 14px;margin:0}
footer{color:var(--soft);font-size:12.5px;padding-top:36px;padding-bottom:40px}
@media (max-width:1000px){.figures{grid-template-columns:repeat(3,minmax(0,1fr))}}
@media (max-width:760px){
main,.top,footer{padding-left:14px;padding-right:14px}
section{margin-top:34px}
.banner{padding:18px 16px 16px;border-left-width:5px}
.banner h1{font-size:26px}.banner .because{font-size:17px}
.meta{grid-template-columns:repeat(2,minmax(0,1fr))}
.figures{grid-template-columns:repeat(2,minmax(0,1fr))}
.faults{grid-template-columns:minmax(0,1fr)}
.legend{margin-left:0}
.wide{display:none}.narrow{display:inline}
}
@media (max-width:940px){
.verdicts,.verdicts tbody,.verdicts tr,.verdicts td,.verdicts th{display:block}
.verdicts thead{display:none}
.verdicts tr{border-bottom:1px solid var(--line);padding:10px 0}
.verdicts tr.group{padding:14px 0 0}
.verdicts .group th{padding:0 0 4px}
.verdicts td,.verdicts td:first-child,.verdicts td.r:last-child{border:0;padding:2px 0}
.verdicts tr[class^=row-]:not(.row-PROVEN){padding-left:10px;padding-right:10px}
.row-VIOLATED{background:var(--badbg)}.row-INCONCLUSIVE{background:var(--unsurebg)}.row-INVALID{background:var(--voidbg)}
.verdicts .why,.verdicts .take{width:auto;min-width:0}
.verdicts td.r{display:flex;flex-wrap:wrap;gap:0 8px;text-align:left;white-space:normal;font-size:13px}
.verdicts td.r::before{content:attr(data-label) ":";color:var(--soft)}
.verdicts td.r>span,.verdicts td.r small{display:inline}
.verdicts td.r small{font-size:13px}
.verdicts td.none{display:none}
.verdicts td.take::before{content:"To prove it: ";color:var(--soft)}
}
@media print{
:root{color-scheme:light;--bg:#fff;--card:#fff}
body{font-size:12px}
.top nav,.twin,.cursor,.now,.at{display:none!important}
main,.top,footer{max-width:none;padding:0}
section{margin-top:22px}
.chart,.fault,.card,tr,.banner{break-inside:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`;
