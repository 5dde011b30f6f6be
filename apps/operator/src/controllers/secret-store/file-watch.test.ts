import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { FileWatch } from './file-watch.ts'

const POLL_MS = 5_000

describe('FileWatch', () => {
  let directory: string
  let clock: ManualClock
  let timers: MockInstance<ManualClock['setTimeout']>
  let notified: string[]
  let watch: FileWatch

  beforeEach(async () => {
    directory = await directoryOfTest()
    clock = new ManualClock()
    timers = vi.spyOn(clock, 'setTimeout')
    notified = []
    watch = new FileWatch({
      clock,
      groupOf: (owner) => owner.split('/')[0] ?? '',
      onChange: (owners, path) => notified.push(`${owners.join()}: ${path}`),
    })
  })
  afterEach(() => watch.close())

  const file = (name: string): string => join(directory, name)
  /** Runs one poll to its end, so that it does not see half of the next change. */
  async function pollOnce(): Promise<void> {
    notified = []
    const { length: before } = timers.mock.calls
    await clock.advance(POLL_MS)
    await vi.waitFor(() => expect(timers.mock.calls.length).toBeGreaterThan(before), 60_000)
  }
  async function poll(...expected: readonly string[]): Promise<void> {
    await pollOnce()
    expect(notified).toEqual(expected)
  }
  /** Runs one poll and expects no change except of the marker file. */
  async function pollQuietly(): Promise<void> {
    const probe = file(`probe-${Math.random()}`)
    watch.refer('probe', [probe])
    await poll(`probe: ${probe}`)
  }

  it('notifies all owners of the first check and of each change', async () => {
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

  it('notices a swapped symlink, as in a projected volume', async () => {
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

  it('waits for a file that does not exist yet', async () => {
    watch.refer('store', [file('token')])
    await poll(`store: ${file('token')}`)
    await pollQuietly()
    await writeFile(file('token'), 'one')
    await poll(`store: ${file('token')}`)
  })

  it('checks all files, a limited number per poll', async () => {
    const paths = Array.from({ length: 450 }, (_, index) => file(`none-${index}`))
    watch.refer('store', paths)
    const checked: string[] = []
    for (const count of [200, 200, 50]) {
      await pollOnce()
      expect(notified).toHaveLength(count)
      checked.push(...notified)
    }
    expect(new Set(checked).size).toBe(450)
  })

  it('checks the files of each group even if another group has many', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => file(`none-${index}`))
    watch.refer('tenant/1', many.slice(0, 500))
    watch.refer('tenant/2', many.slice(500))
    watch.refer('victim/kms', [file('token'), file('none-999')])
    const line = `victim/kms: ${file('token')}`
    for (const text of ['one', 'another']) {
      await writeFile(file('token'), text)
      await pollOnce()
      expect(notified).toContain(line)
    }
  })

  it('does not poll without files or after close', async () => {
    watch.refer('store', [])
    expect(timers).not.toHaveBeenCalled()
    watch.refer('store', [file('token')])
    expect(timers).toHaveBeenCalledTimes(1)
    await watch.close()
    watch.refer('store', [file('other')])
    await clock.advance(10 * POLL_MS)
    expect(notified).toEqual([])
    expect(timers).toHaveBeenCalledTimes(1)
  })
})
