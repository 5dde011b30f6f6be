import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { takeLock } from './file-lock.ts'
import { fill } from './cache.ts'

let directory: string
let lock: string
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'acksm-lock-'))
  lock = path.join(directory, 'a.lock')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const quick = { pollMs: 5 }
const context = { progress: { stage: () => undefined }, signal: new AbortController().signal }

it('admits the second process after the first', async () => {
  const first = await takeLock(lock, quick)
  const order: string[] = []
  const second = takeLock(lock, { ...quick, onWait: (holder) => order.push(holder) }).then((release) => {
    order.push('second')
    return release?.()
  })
  await expect.poll(() => order).toEqual([`process ${process.pid} on ${hostname()}`])
  await first?.()
  await second
  expect(order).toHaveLength(2)
  expect(existsSync(lock)).toBe(false)
})

it('takes over from a dead process', async () => {
  const { pid } = spawnSync('true')
  await writeFile(lock, `${pid} ${hostname()}`)
  const release = await takeLock(lock, quick)
  expect(await readFile(lock, 'utf8')).toBe(`${process.pid} ${hostname()}`)
  await release?.()
})

it('takes over a stale lock', async () => {
  await writeFile(lock, '1 another-machine')
  await utimes(lock, new Date(0), new Date(0))
  const release = await takeLock(lock, quick)
  expect(release).toBeDefined()
  await release?.()
})

it('gives up at the deadline, naming the file and its holder', async () => {
  await writeFile(lock, '1 another-machine')
  await expect(takeLock(lock, { ...quick, deadlineMs: 20 })).rejects.toThrow(
    `${lock}, held by process 1 on another-machine`,
  )
})

it('creates an entry once for concurrent requests', async () => {
  const entry = path.join(directory, 'entry')
  let times = 0
  const want = (): Promise<void> =>
    fill(entry, context, async (scratch) => {
      times += 1
      await writeFile(path.join(scratch, 'file'), 'content')
    })
  await Promise.all([want(), want(), want()])
  expect(times).toBe(1)
  expect(await readFile(path.join(entry, 'file'), 'utf8')).toBe('content')
  expect(await readdir(directory)).toEqual(['entry'])
})

it('leaves nothing behind when the work fails', async () => {
  const failing = fill(path.join(directory, 'entry'), context, () => Promise.reject(new Error('disk full')))
  await expect(failing).rejects.toThrow('disk full')
  expect(await readdir(directory)).toEqual([])
})
