import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '@ack-secret-manager/core'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { FileWatch } from './file-watch.ts'

const POLL_MS = 5_000

describe('FileWatch', () => {
  let directory: string
  let clock: ManualClock
  let timers: MockInstance<ManualClock['setTimeout']>
  let told: string[]
  let watch: FileWatch

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'files-watch-'))
    clock = new ManualClock()
    timers = vi.spyOn(clock, 'setTimeout')
    told = []
    watch = new FileWatch({
      clock,
      groupOf: (owner) => owner.split('/')[0] ?? '',
      onChange: (owners, path) => told.push(`${owners.join()}: ${path}`),
    })
  })
  afterEach(async () => {
    await watch.close()
    await rm(directory, { recursive: true })
  })

  const file = (name: string): string => join(directory, name)
  /** Lets it look once, and waits until it has ended to: a look under way would see half of what the test does next. */
  async function look(): Promise<void> {
    told = []
    const { length: before } = timers.mock.calls
    await clock.advance(POLL_MS)
    await vi.waitFor(() => expect(timers.mock.calls.length).toBeGreaterThan(before), 20_000)
  }
  async function poll(...expected: readonly string[]): Promise<void> {
    await look()
    expect(told).toEqual(expected)
  }
  /** Lets it look, and tell nothing but of a file that is always new to it. */
  async function pollQuietly(): Promise<void> {
    const probe = file(`probe-${Math.random()}`)
    watch.refer('probe', [probe])
    await poll(`probe: ${probe}`)
  }

  it('tells all who refer to a file of the first look, and then of each change', async () => {
    await writeFile(file('token'), 'one')
    watch.refer('store a', [file('token')])
    watch.refer('store b', [file('token')])
    const line = `store a,store b: ${file('token')}`
    await poll(line)
    await pollQuietly()
    await writeFile(file('token'), 'another')
    await poll(line)
    await rm(file('token'))
    await poll(line)
    await writeFile(file('token'), 'one')
    await poll(line)
  })

  it('sees a link turn, as the kubelet turns that of a projected volume', async () => {
    for (const [name, text] of [
      ['..1', 'one'],
      ['..2', 'two'],
    ] as const) {
      await mkdir(file(name))
      await writeFile(join(file(name), 'token'), text)
    }
    await symlink('..1', file('..data'))
    await symlink(join('..data', 'token'), file('token'))
    watch.refer('store', [file('token')])
    await poll(`store: ${file('token')}`)
    await symlink('..2', file('..tmp'))
    await rename(file('..tmp'), file('..data'))
    await poll(`store: ${file('token')}`)
  })

  it('waits for a file that is not there yet', async () => {
    watch.refer('store', [file('token')])
    await poll(`store: ${file('token')}`)
    await pollQuietly()
    await writeFile(file('token'), 'one')
    await poll(`store: ${file('token')}`)
  })

  it('looks at all files, however many there are, a limited number at a time', async () => {
    const paths = Array.from({ length: 450 }, (_, index) => file(`none-${index}`))
    watch.refer('store', paths)
    const seen: string[] = []
    for (const count of [200, 200, 50]) {
      await look()
      expect(told).toHaveLength(count)
      seen.push(...told)
    }
    expect(new Set(seen).size).toBe(450)
  })

  it('looks at the files of each group, however many another one has', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => file(`none-${index}`))
    watch.refer('tenant/1', many.slice(0, 500))
    watch.refer('tenant/2', many.slice(500))
    watch.refer('victim/kms', [file('token'), file('none-999')])
    const line = `victim/kms: ${file('token')}`
    for (const text of ['one', 'another']) {
      await writeFile(file('token'), text)
      await look()
      expect(told).toContain(line)
    }
  })

  it('asks for nothing where nobody refers to anything, or after it was closed', async () => {
    watch.refer('store', [])
    expect(timers).not.toHaveBeenCalled()
    watch.refer('store', [file('token')])
    expect(timers).toHaveBeenCalledTimes(1)
    await watch.close()
    watch.refer('store', [file('other')])
    await clock.advance(10 * POLL_MS)
    expect(told).toEqual([])
    expect(timers).toHaveBeenCalledTimes(1)
  })
})
