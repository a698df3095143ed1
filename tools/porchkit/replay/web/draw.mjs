// Pictures onto canvases. Colours come from the style sheet, so that they follow day and night.

/** @param {string} name of a custom property, such as "--amber" */
export function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A grey level for each block. @param {HTMLCanvasElement} canvas */
export function drawGreys(canvas, { cols, rows }, greys) {
    paintBlocks(canvas, cols, rows, (at) => [greys[at], greys[at], greys[at]]);
}

/** What differs is pale, what decided is bright. @param {HTMLCanvasElement} canvas */
export function drawMask(canvas, { cols, rows, mask }) {
    const shades = [
        [20, 24, 33],
        [112, 124, 150],
        [255, 179, 46],
    ];
    paintBlocks(canvas, cols, rows, (at) => shades[mask[at]] ?? shades[0]);
}

function paintBlocks(canvas, cols, rows, shade) {
    canvas.width = cols || 1;
    canvas.height = rows || 1;
    if (!cols) return;
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(cols, rows);
    for (let at = 0; at < cols * rows; at++) image.data.set([...shade(at), 255], at * 4);
    pen.putImageData(image, 0, 0);
}

/**
 * The ignored zones, the grid and the cursor while painting, and the region that decided.
 * @param {HTMLCanvasElement} canvas as large as the picture
 * @param {{zones: import("./zones.mjs").Zones, painting: boolean, cursor: number[] | null}} paint
 * @param {{box: number[], cols: number, rows: number, sent: boolean}} region
 */
export function drawOverlay(canvas, { zones, painting, cursor }, region) {
    const pen = canvas.getContext("2d");
    const [width, height] = [canvas.width / zones.cols, canvas.height / zones.rows];
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (let row = 0; row < zones.rows; row++) {
        for (let col = 0; col < zones.cols; col++) {
            const block = [col * width, row * height, width, height];
            if (zones.has(col, row)) hatch(pen, block);
            if (painting) outline(pen, block, "rgb(255 255 255 / 35%)", 1);
        }
    }
    if (region.box[2] > region.box[0]) drawRegion(pen, canvas, region);
    if (painting && cursor) {
        outline(pen, [cursor[0] * width, cursor[1] * height, width, height], "#ffffff", 4);
    }
}

/** On any picture: a dark line with a bright one inside. Dashed where nothing was sent. */
function drawRegion(pen, canvas, { box, cols, rows, sent }) {
    const [x, y] = [canvas.width / cols, canvas.height / rows];
    const rect = [box[0] * x, box[1] * y, (box[2] - box[0]) * x, (box[3] - box[1]) * y];
    pen.setLineDash(sent ? [] : [8, 8]);
    outline(pen, rect, "#1b1200", 6);
    outline(pen, rect, "#ffb32e", 3);
    pen.setLineDash([]);
}

function outline(pen, rect, style, width) {
    pen.strokeStyle = style;
    pen.lineWidth = width;
    pen.strokeRect(...rect);
}

/** A dark veil with stripes: told apart from a dark picture without its colour. */
function hatch(pen, [x, y, width, height]) {
    pen.save();
    pen.beginPath();
    pen.rect(x, y, width, height);
    pen.clip();
    pen.fillStyle = "rgb(8 11 20 / 55%)";
    pen.fillRect(x, y, width, height);
    pen.strokeStyle = "rgb(124 199 221 / 80%)";
    pen.lineWidth = 2;
    pen.beginPath();
    // The stripes go on from block to block.
    for (let at = Math.floor((x + y) / 12) * 12; at < x + y + width + height; at += 12) {
        pen.moveTo(at - y, y);
        pen.lineTo(at - y - height, y + height);
    }
    pen.stroke();
    pen.restore();
}
