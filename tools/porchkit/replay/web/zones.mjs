// A grid of zones, stretched over the picture: which blocks of it are to be ignored.

export const WATCH = ".";
export const IGNORE = "#";

export class Zones {
    /** @param {number} cols @param {number} rows */
    constructor(cols, rows) {
        this.cols = cols;
        this.rows = rows;
        this.ignored = new Uint8Array(cols * rows);
    }

    /** @param {string[]} lines of equal length */
    static from(lines) {
        const zones = new Zones(lines[0].length, lines.length);
        zones.ignored.set([...lines.join("")].map((letter) => Number(letter === IGNORE)));
        return zones;
    }

    /** Is this block ignored? */
    has(col, row) {
        return this.ignored[row * this.cols + col] === 1;
    }

    /** @param {boolean} ignore */
    put(col, row, ignore) {
        if (col < 0 || row < 0 || col >= this.cols || row >= this.rows) return;
        this.ignored[row * this.cols + col] = Number(ignore);
    }

    /** The block at a point of the picture (shares from 0 to 1), as the board stretches it. */
    at(x, y) {
        const inside = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
        return [inside(x, this.cols), inside(y, this.rows)];
    }

    /** The same in another grid: a block is ignored where its middle was. */
    regrid(cols, rows) {
        const zones = new Zones(cols, rows);
        for (let row = 0; row < rows; row++) {
            for (let col = 0; col < cols; col++) {
                zones.put(col, row, this.has(...this.at((col + 0.5) / cols, (row + 0.5) / rows)));
            }
        }
        return zones;
    }

    get count() {
        return this.ignored.reduce((sum, one) => sum + one, 0);
    }

    get lines() {
        const letters = [...this.ignored].map((one) => (one ? IGNORE : WATCH));
        return Array.from({ length: this.rows }, (_, row) =>
            letters.slice(row * this.cols, (row + 1) * this.cols).join(""),
        );
    }

    /** The zones file. */
    get text() {
        return `${this.lines.join("\n")}\n`;
    }

    /** Does the whole region of a mask lie in what is ignored? False where there is no region. */
    cover({ cols, rows, mask }) {
        let seen = false;
        for (let at = 0; at < mask.length; at++) {
            if (mask[at] !== 2) continue;
            seen = true;
            const x = (at % cols) / cols;
            const y = Math.floor(at / cols) / rows;
            if (!this.has(...this.at(x, y))) return false;
        }
        return seen;
    }
}
