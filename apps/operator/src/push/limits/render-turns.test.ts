import type { RenderRequest } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { RenderTurns } from './render-turns.ts'

/** A renderer whose requests end when the test says so. */
class Fixture {
  readonly started: string[] = []
  readonly ends: (() => void)[] = []
  readonly turns = new RenderTurns({
    render: async ({ seed }, { signal }) => {
      signal.throwIfAborted()
      this.started.push(seed)
      await new Promise<void>((resolve) => this.ends.push(resolve))
      return []
    },
  })
  /** Runs that wait for a turn. */
  waits = 0

  async render(namespace: string, seed: string, { signal } = new AbortController()): Promise<unknown> {
    const waiting = async <T>(wait: () => Promise<T>): Promise<T> => {
      this.waits += 1
      return wait().finally(() => (this.waits -= 1))
    }
    const request: RenderRequest = { templates: [], data: new Map(), seed }
    return this.turns.of({ namespace, signal, waiting }).render(request, { signal })
  }

  async end(): Promise<void> {
    this.ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

it('renders for each namespace in turn, one request at a time', async () => {
  const fixture = new Fixture()
  const slow = ['slow-1', 'slow-2', 'slow-3', 'slow-4'].map((seed) => fixture.render('slow', seed))
  const shop = ['shop-1', 'shop-2'].map((seed) => fixture.render('shop', seed))
  for (let end = 0; end < 6; end += 1) await fixture.end()
  await Promise.all([...slow, ...shop])
  expect(fixture.started).toEqual(['slow-1', 'slow-2', 'shop-1', 'slow-3', 'shop-2', 'slow-4'])
})

it('counts the wait for a turn as a wait, and the turn itself as work', async () => {
  const fixture = new Fixture()
  const renders = ['first', 'second'].map((seed) => fixture.render('shop', seed))
  await new Promise((resolve) => setImmediate(resolve))
  expect(fixture.waits).toBe(1)
  await fixture.end()
  expect([fixture.started, fixture.waits]).toEqual([['first', 'second'], 0])
  await fixture.end()
  await Promise.all(renders)
})

it('ends a wait with its run, which then takes no turn', async () => {
  const fixture = new Fixture()
  const run = new AbortController()
  const first = fixture.render('shop', 'first')
  const second = fixture.render('shop', 'second', run)
  const third = fixture.render('shop', 'third')
  run.abort(new Error('handed over'))
  await expect(second).rejects.toThrow('handed over')
  for (let end = 0; end < 2; end += 1) await fixture.end()
  await Promise.all([first, third])
  expect(fixture.started).toEqual(['first', 'third'])
})
