/** The page's one style sheet: system fonts, one column, light and dark by the reader's preference, and paper. */
export const reportStyle = `
:root{color-scheme:light dark;--paper:#fcfcfb;--panel:#f4f4f1;--ink:#1d2226;--ink-2:#5c656d;--line:#dcdedb;--accent:#2364aa;--second:#8b98a5;
--good:#20744a;--good-bg:#e4f2ea;--warn:#8a5a00;--warn-bg:#faf0d9;--bad:#a5322c;--bad-bg:#fae6e4;
--c1:#2364aa;--c2:#d1752c;--c3:#2f8f6b;--c4:#8656a3;--c5:#b8475f;--c6:#7d7a33}
@media (prefers-color-scheme:dark){:root{--paper:#15181b;--panel:#1e2327;--ink:#e6e9eb;--ink-2:#9aa5ae;--line:#333a40;--accent:#6ea8e5;--second:#7e8b97;
--good:#7fcfa4;--good-bg:#173226;--warn:#e6bc66;--warn-bg:#362a12;--bad:#f09a92;--bad-bg:#3a1d1b;
--c1:#6ea8e5;--c2:#eda067;--c3:#6cc7a3;--c4:#bd94d6;--c5:#e58ba0;--c6:#c2bf70}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header,main,footer{max-width:60rem;margin:0 auto;padding:0 1.5rem}header{padding-top:3rem}
h1{font-size:1.9rem;line-height:1.2;letter-spacing:-.015em;margin:.6rem 0 .4rem;font-weight:650;overflow-wrap:anywhere}
h2{font-size:1.25rem;letter-spacing:-.01em;margin:0 0 .9rem;font-weight:650}
h3{font-size:.95rem;margin:1.8rem 0 .5rem;font-weight:600}
p{margin:.5rem 0;max-width:46rem}p,h2,h3,figcaption,summary{overflow-wrap:anywhere}
section{margin-top:2.6rem;padding-top:1.7rem;border-top:1px solid var(--line)}
.lead{font-size:1.05rem;color:var(--ink)}
.quiet{color:var(--ink-2)}
.small{font-size:.85rem}
.prompt{margin:1rem 0;padding:.2rem 0 .2rem 1rem;border-left:3px solid var(--line);color:var(--ink-2);font-style:italic;overflow-wrap:anywhere}
.pill{display:inline-block;padding:.12rem .65rem;border-radius:1rem;font-size:.82rem;font-weight:600;background:var(--panel);color:var(--ink-2);white-space:nowrap}
.good{background:var(--good-bg);color:var(--good)}.warn{background:var(--warn-bg);color:var(--warn)}.bad{background:var(--bad-bg);color:var(--bad)}
.key{display:flex;flex-wrap:wrap;border:1px solid var(--line);border-radius:8px;overflow:hidden;margin:1.6rem 0 0;padding:0}
.key div{flex:1 0 12.5rem;padding:.85rem 1rem;margin:0 -1px -1px 0;border-right:1px solid var(--line);border-bottom:1px solid var(--line)}
.key dt{font-size:.8rem;color:var(--ink-2)}
.key dd{margin:.1rem 0 0;font-size:1.3rem;font-weight:600;letter-spacing:-.01em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.key dd small{display:block;font-size:.8rem;font-weight:400;letter-spacing:0;color:var(--ink-2)}
nav{margin-top:1.6rem;font-size:.88rem;line-height:1.9}
nav a{margin-right:1rem;white-space:nowrap}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
.scroll{overflow-x:auto;margin:.6rem 0}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
table{border-collapse:collapse;width:100%;font-size:.89rem;line-height:1.45}
th,td{text-align:left;vertical-align:top;padding:.42rem .9rem .42rem 0;border-bottom:1px solid var(--line)}
thead th{font-weight:600;color:var(--ink-2);font-size:.8rem;white-space:nowrap}
tbody th{font-weight:inherit}table.narrow{width:auto}table.narrow td,table.narrow th{padding-right:2.5rem}
th:last-child,td:last-child{padding-right:0}
tbody tr:last-child>*{border-bottom:0}
tbody .name{font-weight:550;overflow-wrap:anywhere;min-width:10.5rem}.name code{white-space:nowrap}
tbody td,tbody th{white-space:nowrap}tbody .wide,tbody .name{white-space:normal}.wide{min-width:11rem;overflow-wrap:anywhere}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.best>*{background:var(--panel)}tr.best>:first-child{box-shadow:-.5rem 0 0 var(--panel)}tr.best>:last-child{box-shadow:.5rem 0 0 var(--panel)}
ul{margin:.5rem 0;padding-left:1.2rem}li{margin:.3rem 0;max-width:46rem;overflow-wrap:anywhere}
ul.plain{list-style:none;padding:0}
ul.plain li{display:grid;grid-template-columns:6.2rem 1fr;gap:.8rem;align-items:baseline;max-width:none}
figure{margin:1.2rem 0;overflow-x:auto}
figcaption{font-size:.85rem;color:var(--ink-2);margin-top:.3rem;max-width:46rem}
svg{max-width:100%;height:auto;display:block}svg.strip{width:5.6rem;min-width:4rem}
.curves{display:flex;flex-wrap:wrap;gap:1rem 2.5rem;align-items:flex-start}
.curves figure{flex:0 1 auto;margin:.6rem 0}
details{margin:.8rem 0}summary{cursor:pointer;color:var(--accent);font-size:.9rem}
code{font:.86em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
footer{margin-top:3rem;padding-top:1.2rem;padding-bottom:3rem;border-top:1px solid var(--line);font-size:.82rem;color:var(--ink-2);overflow-wrap:anywhere}
@media (max-width:40rem){header,main,footer{padding-left:1.1rem;padding-right:1.1rem}header{padding-top:1.6rem}h1{font-size:1.5rem}section{margin-top:2rem;padding-top:1.3rem}
ul.plain li{grid-template-columns:1fr;gap:.1rem;margin:.7rem 0}.key dd{font-size:1.1rem}.key div{flex-basis:44%;padding:.7rem .8rem}
figure svg.wide{min-width:30rem}tbody .name{min-width:6.5rem}tbody .wide{min-width:13rem}}
@media print{:root{color-scheme:light;--paper:#fff;--panel:#f4f4f1;--ink:#000;--ink-2:#444;--line:#ccc;--accent:#2364aa;--second:#8b98a5;--good:#20744a;--good-bg:#fff;--warn:#8a5a00;--warn-bg:#fff;--bad:#a5322c;--bad-bg:#fff;--c1:#2364aa;--c2:#d1752c;--c3:#2f8f6b;--c4:#8656a3;--c5:#b8475f;--c6:#7d7a33}
body{font-size:10.5pt}header,main,footer{max-width:none;padding:0}nav{display:none}section{break-inside:auto}h2,h3{break-after:avoid}tr,figure,ul.plain li,.key{break-inside:avoid}
.scroll,figure{overflow:visible}tbody td,tbody th,thead th{white-space:normal;overflow-wrap:anywhere}.wide,tbody .wide,tbody .name{min-width:4rem}table{font-size:.8rem}th,td{padding-right:.5rem}.n{overflow-wrap:normal}details::details-content{content-visibility:visible;display:block;height:auto}summary{display:none}.pill{border:1px solid currentColor}}
`.trim();
