// node as-user.mjs UID:GID ARGS…: becomes Node with these arguments, as that user where this one is root.
const [user = '', ...args] = process.argv.slice(2)
const [uid = 0, gid = 0] = user.split(':').map(Number)
if (process.getuid() === 0) {
  process.setgroups([])
  process.setgid(gid)
  process.setuid(uid)
}
process.execve(process.execPath, [process.execPath, ...args], process.env)
