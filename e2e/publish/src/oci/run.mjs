// node run.mjs FILE ARGS…: becomes that program, under the same id.
const [file = '', ...args] = process.argv.slice(2)
process.execve(file, [file, ...args], process.env)
