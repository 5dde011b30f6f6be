// Tells from inside a container what its user can write, which processes there are, and what the kernel allows the first one.
import { constants, accessSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const KERNEL = new Set(['/proc'])

/** Directories and files under one that may be written. */
function writable(directory) {
  const entries = readdirSync(directory, { withFileTypes: true })
  const below = entries
    .filter((entry) => entry.isDirectory() || entry.isFile())
    .map((entry) => ({ entry, file: path.join(directory, entry.name) }))
    .filter(({ file }) => !KERNEL.has(file))
  const found = below.flatMap(({ entry, file }) =>
    entry.isDirectory() ? writable(file) : mayWrite(file) ? [file] : [],
  )
  return mayWrite(directory) ? [directory, ...found] : found
}

function mayWrite(file) {
  try {
    accessSync(file, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
const status = Object.fromEntries(
  readFileSync('/proc/1/status', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(':\t')),
)
console.info(JSON.stringify({ me: process.getuid(), writable: writable('/'), processes: processes.length, status }))
