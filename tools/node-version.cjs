// Runs at the end of npm ci. The tools are TypeScript, and an older Node would only say `Unknown file extension ".ts"`.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  const { version } = process
  console.error(
    `Node 22.19 or newer is needed, and this is ${version}. npm ci provides one only on Linux (glibc, x64 or arm64).`,
  )
  process.exit(2)
}
