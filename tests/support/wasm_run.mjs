// Runs one job of runtimes.run_wasm: argv[2] is micropython.mjs, stdin the job as JSON.
// Standard output is the program's; an uncaught Python exception goes to stderr, exit code 1.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { loadMicroPython } = await import(pathToFileURL(process.argv[2]).href);
const job = JSON.parse(readFileSync(0, "utf8"));
const output = [];
const options = { stdout: (bytes) => output.push(...bytes), linebuffer: false };
if (job.heapsize !== null) options.heapsize = job.heapsize;

const python = await loadMicroPython(options);
for (const [name, content] of Object.entries(job.files)) {
  python.FS.mkdirTree(name.slice(0, name.lastIndexOf("/")) || "/");
  python.FS.writeFile(name, Buffer.from(content, "base64"));
}
try {
  python.runPython(`import sys; sys.path[:0] = ${JSON.stringify(job.path)}`);
  python.runPython(job.code);
} catch (error) {
  process.exitCode = 1;
  console.error(error.name === "PythonError" ? error.message : error);
}
process.stdout.write(Buffer.from(output));
