import { spawn } from 'node:child_process'
import { once } from 'node:events'

// Runs npm scripts of the current folder at the same time: `node run-scripts.ts NAME…`. Prints the output of each when it ends, and exits
// with 1 if one failed.

async function run(name: string): Promise<boolean> {
  const child = spawn('npm', ['run', name], { stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  process.stdout.write(Buffer.concat(chunks))
  if (code !== 0) process.stderr.write(`npm run ${name} failed\n`)
  return code === 0
}

const results = await Promise.all(process.argv.slice(2).map(run))
process.exitCode = results.every(Boolean) ? 0 : 1
