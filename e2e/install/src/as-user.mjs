// node as-user.mjs UID:GID PROGRAM ARGS…: becomes that program, as that user where this one is root.
const [user = '', program = '', ...args] = process.argv.slice(2)
const [uid = 0, gid = 0] = user.split(':').map(Number)
if (process.getuid() === 0) {
  process.setgroups([])
  process.setgid(gid)
  process.setuid(uid)
}
process.execve(program, [program, ...args], process.env)
