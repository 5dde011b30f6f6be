// node become.mjs FILE ARGS…: becomes that program, under the same id, with the umask of a node's services.
const [file = '', ...args] = process.argv.slice(2)
process.umask(0o022)
process.execve(file, [file, ...args], process.env)
