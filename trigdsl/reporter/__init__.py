"""Makes a page of decisions that needs nothing but a browser.

`figures` counts decisions as they stream by, in one pass: `steps` follows runs, `pressure` weeks, `conflicts` caps, and
`sample` keeps those that the table shows.  `report` puts what a replay knows beside them.  `page` makes the page:
`charts`, `outcomes` and `decisions` are its parts, `html` writes elements, and the folder `assets` holds its styles and
scripts, Chart.js among them.  `saved` reads the decisions of an earlier replay.
"""
