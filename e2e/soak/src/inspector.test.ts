import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { Program } from '@ack-secret-manager/testenv'
import { expect, it, onTestFinished } from 'vitest'
import { INSPECTABLE, Inspector } from './inspector.ts'

const MIB = 1024 * 1024

async function inspect(script: string): Promise<{ readonly folder: string; readonly inspector: Inspector }> {
  const folder = await directoryOfTest()
  await writeFile(
    path.join(folder, 'script.mjs'),
    `${script}\nsetInterval(() => undefined, 60_000)\nconsole.log('ready')`,
  )
  const program = Program.start({
    name: 'script',
    script: path.join(folder, 'script.mjs'),
    args: [],
    nodeArgs: [INSPECTABLE],
  })
  onTestFinished(() => program[Symbol.asyncDispose]())
  await program.line((line) => (line === 'ready' ? true : undefined))
  const inspector = await Inspector.attach(program)
  onTestFinished(() => inspector[Symbol.asyncDispose]())
  return { folder, inspector }
}

it('measures memory in use without garbage', async () => {
  const kept = await inspect('globalThis.kept = [Array(4_000_000).fill(0.5), Buffer.alloc(32 * 1024 * 1024)]')
  const dropped = await inspect(
    'let kept = [Array(4_000_000).fill(0.5), Buffer.alloc(32 * 1024 * 1024)]; kept = undefined',
  )
  const [more, less] = [await kept.inspector.memoryInUse(), await dropped.inspector.memoryInUse()]
  expect(more.heapUsedBytes - less.heapUsedBytes).toBeGreaterThan(25 * MIB)
  expect(more.externalBytes - less.externalBytes).toBeGreaterThan(30 * MIB)
})

it('writes a heap snapshot', async () => {
  const { folder, inspector } = await inspect('globalThis.kept = "this is " + process.pid + " on the heap"')
  const file = path.join(folder, 'now.heapsnapshot')
  await inspector.writeSnapshot(file)
  expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('snapshot.node_count', expect.any(Number))
})
