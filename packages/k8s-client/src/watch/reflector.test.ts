import { ManualClock } from '@ack-secret-manager/core/testing'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { KubeClient } from '../client/kube-client.ts'
import { type ResourceVersionRollback, Reflector, type ReflectorFault, type ReflectorOptions } from './reflector.ts'
import { json, type RawServer, rawServer } from '../testing/raw-server.ts'

type Handler = Parameters<typeof rawServer>[0]

const WAIT = { timeout: 60_000, interval: 5 }

const list: Handler = (_request, response) => json(response, { metadata: { resourceVersion: '1' }, items: [] })

it.each<[limit: string, options: Partial<ReflectorOptions<string>>]>([
  ['pageSize: expected a whole number ≥ 1, got NaN', { pageSize: Number.NaN }],
  ['pageSize: expected a whole number ≥ 1, got 0', { pageSize: 0 }],
  ['maxLineBytes: expected a whole number ≥ 1, got -1', { maxLineBytes: -1 }],
  ['watchTimeoutMs: expected a whole number ≥ 1, got 1.5', { watchTimeoutMs: 1.5 }],
  ['idleTimeoutMs: expected a whole number ≥ 1, got Infinity', { idleTimeoutMs: Infinity }],
  ['relistIntervalMs: expected a whole number ≥ 1, got NaN', { relistIntervalMs: Number.NaN }],
  ['backoff.baseMs: expected a whole number ≥ 1, got 0', { backoff: { baseMs: 0, maxMs: 1 } }],
  ['backoff.maxMs: expected a whole number ≥ 1, got NaN', { backoff: { baseMs: 1, maxMs: Number.NaN } }],
])('is refused: %s', (message, options) => {
  const client = { list: () => Promise.reject(new Error()), stream: () => Promise.reject(new Error()) }
  expect(() => new Reflector({ client, path: '/api/v1/configmaps', project: () => '', ...options })).toThrow(
    new RangeError(message),
  )
})

describe('Reflector with transport faults', () => {
  const clock = new ManualClock()
  let server: RawServer
  let client: KubeClient
  let reflector: Reflector<string>
  let faults: ReflectorFault[]
  let onList: Handler
  let onWatch: Handler
  let timers: MockInstance<ManualClock['setTimeout']>

  beforeEach(async () => {
    faults = []
    timers = vi.spyOn(clock, 'setTimeout')
    onList = list
    onWatch = (_request, response) => void response.socket?.destroy()
    server = await rawServer((request, response) =>
      request.query.has('watch') ? onWatch(request, response) : onList(request, response),
    )
    client = new KubeClient({ credentials: server.credentials })
  })
  afterEach(async () => {
    await reflector.close()
    await client.close()
    await server[Symbol.asyncDispose]()
    timers.mockRestore()
  })

  const start = (options: Partial<ReflectorOptions<string>> = {}): void => {
    reflector = new Reflector({
      client,
      path: '/api/v1/configmaps',
      project: (raw) => String(raw.metadata.resourceVersion),
      onFault: (fault) => faults.push(fault),
      clock,
      random: () => 0,
      ...options,
    })
    void reflector.run({ signal: new AbortController().signal })
  }
  const counted = (count: number): Promise<void> => vi.waitFor(() => expect(faults).toHaveLength(count), WAIT)
  const watches = (): number => server.seen.filter((request) => request.query.has('watch')).length
  /** Waits for the start of a backoff pause, because a response can still be in flight. */
  const pauses = (ms: number): Promise<void> =>
    vi.waitFor(() => expect(timers).toHaveBeenCalledWith(expect.any(Function), ms), WAIT)
  /** Advances the clock past each pause after its fault. */
  const through = async (count: number): Promise<void> => {
    for (let index = 1; index <= count; index += 1) {
      await counted(index)
      await clock.advance(faults.at(-1)?.retryInMs ?? 0)
    }
  }

  it('rejects synced if it is closed before it runs', async () => {
    reflector = new Reflector({ client, path: '/api/v1/configmaps', project: () => '' })
    await reflector.close()
    await expect(reflector.synced).rejects.toMatchObject({ code: 'Cancelled' })
  })

  it.each<[string, Handler]>([
    ['is rejected each time', (_request, response) => json(response, {}, 503)],
    ['breaks each time before it is open', (_request, response) => void response.socket?.destroy()],
    [
      'is open and breaks each time',
      (_request, response) => {
        response.writeHead(200).flushHeaders()
        setImmediate(() => response.socket?.destroy())
      },
    ],
  ])('backs off when a watch %s, even if each list succeeds', async (_how, handler) => {
    onWatch = handler
    start()
    await through(8)
    expect(faults.map((fault) => fault.retryInMs)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    // Exactly one watch per pause.
    await vi.waitFor(() => expect(watches()).toBe(9), WAIT)
  })

  it('does not loop when watches end cleanly immediately', async () => {
    onWatch = (_request, response) => void response.writeHead(200).end()
    start()
    await pauses(1_000)
    await clock.advance(999)
    expect(watches()).toBe(1)
    await clock.advance(1)
    await vi.waitFor(() => expect(watches()).toBe(2), WAIT)
    expect(faults).toEqual([])
  })

  it('backs off when every watch gets a 410', async () => {
    onWatch = (_request, response) => json(response, { kind: 'Status', reason: 'Expired', code: 410 }, 410)
    start()
    await through(4)
    expect(faults.map((fault) => fault.retryInMs)).toEqual([1_000, 2_000, 4_000, 8_000])
    expect(reflector.stats.lists).toBeLessThanOrEqual(5)
  })

  it('gives up a list whose continue token always expires, and retries later', async () => {
    onList = (request, response) =>
      request.query.has('continue')
        ? json(response, { kind: 'Status', reason: 'Expired', code: 410 }, 410)
        : json(response, { metadata: { resourceVersion: '1', continue: 'more' }, items: [] })
    start()
    await counted(1)
    expect(server.seen).toHaveLength(8)
    expect(faults[0]).toMatchObject({ during: 'list', retryInMs: 1_000, error: { status: 410 } })
    expect(reflector.hasSynced).toBe(false)
  })

  it.each<[string, string, Handler]>([
    [
      'an endless line',
      'longer than 1000 bytes',
      (_request, response) => void response.writeHead(200).write('x'.repeat(2_000)),
    ],
    [
      'an object without a name',
      'has no name',
      (_request, response) => {
        response.writeHead(200).write('{"type":"ADDED","object":{"metadata":{}}}\n')
      },
    ],
    [
      'an unknown event',
      'unknown type',
      (_request, response) => {
        response.writeHead(200).write('{"type":"MOVED","object":{"metadata":{"name":"a"}}}\n')
      },
    ],
  ])('closes the watch on %s, and lists again', async (_what, message, handler) => {
    onWatch = handler
    start({ maxLineBytes: 1_000 })
    await through(1)
    expect(faults[0]).toMatchObject({ during: 'decode', error: { message: expect.stringContaining(message) } })
    await vi.waitFor(() => expect(reflector.stats.lists).toBe(2), WAIT)
  })

  it('accepts an event of 18 MiB, as an object of 3 MiB can be in JSON', async () => {
    onWatch = (_request, response) => {
      const metadata = { name: 'a', namespace: 'n', resourceVersion: '5' }
      const data = '\\u003c'.repeat(3 * 1024 * 1024)
      response
        .writeHead(200)
        .write(`{"type":"ADDED","object":{"metadata":${JSON.stringify(metadata)},"data":"${data}"}}\n`)
    }
    start()
    await vi.waitFor(() => expect(reflector.get('n/a')).toBe('5'), WAIT)
    expect(faults).toEqual([])
  })

  it('resumes from the last event or bookmark', async () => {
    onWatch = (_request, response) => {
      response.writeHead(200)
      response.write('{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"n","resourceVersion":"5"}}}\n')
      response.end('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}\n')
    }
    start()
    await pauses(1_000)
    expect(reflector.get('n/a')).toBe('5')
    await clock.advance(1_000)
    await vi.waitFor(() => expect(watches()).toBe(2), WAIT)
    const asked = server.seen.filter((request) => request.query.has('watch')).map((request) => request.query)
    expect(asked.map((query) => query.get('resourceVersion'))).toEqual(['1', '9'])
    expect(asked[0]?.get('allowWatchBookmarks')).toBe('true')
    expect(asked[0]?.get('timeoutSeconds')).toBe('300')
    expect(reflector.stats.lists).toBe(1)
  })

  it('reopens a watch 90 seconds after the last bookmark', async () => {
    let bookmark: () => void = () => {}
    onWatch = (_request, response) => {
      response.writeHead(200).flushHeaders()
      bookmark = () => response.write('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}\n')
    }
    start()
    await vi.waitFor(() => expect(reflector.stats.watching).toBe(true), WAIT)
    await clock.advance(60_000)
    const beganMs = reflector.stats.lastActivityMs
    bookmark()
    await vi.waitFor(() => expect(reflector.stats.lastActivityMs).toBe(beganMs + 60_000), WAIT)
    await clock.advance(89_999)
    expect(faults).toEqual([])
    await clock.advance(1)
    await counted(1)
    expect(faults[0]).toMatchObject({ during: 'watch', error: { code: 'Timeout' } })
  })

  it('lists everything again after ten hours, when its watch ends', async () => {
    let end: () => void = () => {}
    onWatch = (_request, response) => {
      response.writeHead(200).flushHeaders()
      end = () => response.end()
    }
    start({ idleTimeoutMs: 1e9, random: () => 0.5 })
    await vi.waitFor(() => expect(reflector.stats.watching).toBe(true), WAIT)
    await clock.advance(35_999_000)
    end()
    await vi.waitFor(() => expect(reflector.stats).toMatchObject({ watches: 2, lists: 1, watching: true }), WAIT)
    await clock.advance(31_000)
    end()
    await vi.waitFor(() => expect(reflector.stats).toMatchObject({ watches: 3, lists: 2 }), WAIT)
    expect(faults).toEqual([])
  })

  describe('when it is refreshed', () => {
    const never = new AbortController().signal
    const lists = (): number => server.seen.length - watches()
    /** A watch that is open and delivers nothing. */
    const silent: Handler = (_request, response) => response.writeHead(200).flushHeaders()
    const opened = (count: number): Promise<void> => vi.waitFor(() => expect(watches()).toBe(count), WAIT)
    const later: Handler = (_request, response) =>
      json(response, { metadata: { resourceVersion: '5' }, items: [{ metadata: { name: 'a', resourceVersion: '4' } }] })

    it('has what its watch has not delivered, and watches from there', async () => {
      onWatch = silent
      start()
      await opened(1)
      onList = later
      await clock.advance(11_000)
      await reflector.refresh({ maxAgeMs: 10_000, signal: never })
      expect([...reflector.entries()]).toEqual([['a', '4']])
      await opened(2)
      expect(server.seen.at(-1)?.query.get('resourceVersion')).toBe('5')
      expect(faults).toEqual([])
    })

    it('does not list again what it has just listed, unless its watch is closed', async () => {
      onWatch = silent
      start()
      await vi.waitFor(() => expect(reflector.stats.watching).toBe(true), WAIT)
      await clock.advance(9_000)
      await reflector.refresh({ maxAgeMs: 10_000, signal: never })
      expect([lists(), watches()]).toEqual([1, 1])
      onWatch = (_request, response) => json(response, {}, 503)
      await clock.advance(90_000)
      await counted(2)
      // In the pause after a failure, which does not delay the list.
      await reflector.refresh({ maxAgeMs: Infinity, signal: never })
      expect(lists()).toBe(2)
    })

    it('goes on with its watch when the caller gives up', async () => {
      onWatch = silent
      start()
      await opened(1)
      onList = (_request, response) => json(response, {}, 500)
      await clock.advance(11_000)
      const caller = new AbortController()
      const refreshed = reflector.refresh({ maxAgeMs: 10_000, signal: caller.signal })
      await counted(1)
      caller.abort(new Error('given up'))
      await expect(refreshed).rejects.toThrow('given up')
      await clock.advance(faults[0]?.retryInMs ?? 0)
      await opened(2)
      expect(server.seen.at(-1)?.query.get('resourceVersion')).toBe('1')
    })

    it('leaves a collection alone that was never listed', async () => {
      onList = (_request, response) => json(response, {}, 404)
      start()
      await counted(1)
      await reflector.refresh({ maxAgeMs: 0, signal: never })
      expect(lists()).toBe(1)
    })
  })

  describe('while the periodic list fails', () => {
    const rejected: Handler = (_request, response) => json(response, {}, 500)
    const named = (name: string, version: string): string =>
      `{"type":"ADDED","object":{"metadata":{"name":"${name}","namespace":"n","resourceVersion":"${version}"}}}\n`

    beforeEach(() => {
      onWatch = (_request, response) => {
        onList = rejected
        response.writeHead(200).end(named('a', '5'))
      }
    })

    it('continues its watch, and lists again ten minutes later', async () => {
      start({ relistIntervalMs: 1, idleTimeoutMs: 1e9 })
      await pauses(1_000)
      let end: () => void = () => {}
      onWatch = (_request, response) => {
        response.writeHead(200).write(named('b', '7'))
        end = () => response.end()
      }
      await clock.advance(1_000)
      await through(1)
      await vi.waitFor(() => expect(reflector.get('n/b')).toBe('7'), WAIT)
      expect(faults).toMatchObject([{ during: 'list', error: { status: 500 } }])
      const asked = server.seen.flatMap(({ query }) => (query.has('watch') ? query.get('resourceVersion') : 'list'))
      expect(asked).toEqual(['list', '1', 'list', '5'])
      onList = list
      await clock.advance(600_000)
      end()
      await vi.waitFor(() => expect(reflector.stats.lists).toBe(3), WAIT)
    })

    it('lists until it succeeds after its watch has expired', async () => {
      start({ relistIntervalMs: 1 })
      await pauses(1_000)
      onWatch = (_request, response) => json(response, { kind: 'Status', reason: 'Expired', code: 410 }, 410)
      await clock.advance(1_000)
      await through(5)
      await vi.waitFor(() => expect(reflector.stats.lists).toBe(6), WAIT)
      expect(watches()).toBe(2)
    })
  })

  describe('after a restore of etcd from a backup', () => {
    const item = (version: string, uid?: string): object => ({
      metadata: { name: 'a', namespace: 'n', resourceVersion: version, ...(uid && { uid }) },
    })
    const gone: Handler = (_request, response) => json(response, { kind: 'Status', reason: 'Expired', code: 410 }, 410)
    const cut: Handler = (_request, response) => void response.socket?.destroy()
    const silent: Handler = (_request, response) => response.writeHead(200).flushHeaders()
    const lists = (): string[] =>
      server.seen.filter(({ query }) => !query.has('watch')).map(({ query }) => String(query.get('limit')))
    let rollbacks: ResourceVersionRollback[]
    let versions: string[]

    /** Each list has the next of these versions; the last one repeats. */
    const startWith = (...listed: string[]): void => {
      rollbacks = []
      versions = []
      let asked = 0
      onList = (_request, response) => {
        const resourceVersion = listed[Math.min(asked, listed.length - 1)]
        asked += 1
        json(response, { metadata: { resourceVersion }, items: [item(String(resourceVersion))] })
      }
      start({
        onResourceVersionRollback: (rewind) => rollbacks.push(rewind),
        onChange: (change) => versions.push(change.kind === 'deleted' ? 'deleted' : change.object),
      })
    }
    const reportedOnce = (): Promise<void> => vi.waitFor(() => expect(rollbacks).toHaveLength(1), WAIT)

    it.each<[string, Handler, string[]]>([
      ['a list after a 410', gone, ['500', '500']],
      ['a probe after a broken watch', cut, ['500', '1']],
    ])('reports the rollback once, by %s, and stops without applying the list', async (_how, handler, asked) => {
      onWatch = handler
      startWith('1000', '500')
      await through(1)
      await reportedOnce()
      expect(rollbacks).toEqual([{ path: '/api/v1/configmaps', reached: '1000', listed: '500' }])
      await reflector.close()
      await clock.advance(3_600_000)
      expect({ versions, asked: lists(), watches: watches() }).toEqual({ versions: ['1000'], asked, watches: 1 })
    })

    it.each([
      ['a list after a 410', gone, ['500', '500']],
      ['a probe after a broken watch', cut, ['500', '1']],
    ])('reports an older object in a newer list, by %s', async (_how, handler, asked) => {
      onWatch = handler
      const pages = [
        { metadata: { resourceVersion: '1000' }, items: [item('900')] },
        { metadata: { resourceVersion: '1000001000' }, items: [item('800')] },
      ]
      startWith('1000')
      onList = (_request, response) => json(response, pages.length > 1 ? pages.shift() : pages[0])
      await through(1)
      await reportedOnce()
      await reflector.close()
      expect(rollbacks).toEqual([{ path: '/api/v1/configmaps', reached: '900', listed: '800' }])
      expect({ versions, asked: lists() }).toEqual({ versions: ['900'], asked })
    })

    it('applies an older object that was created again', async () => {
      onWatch = gone
      startWith('1000')
      const pages = [
        { metadata: { resourceVersion: '1000' }, items: [item('900')] },
        { metadata: { resourceVersion: '2000' }, items: [item('800', 'another')] },
      ]
      onList = (_request, response) => json(response, pages.length > 1 ? pages.shift() : pages[0])
      await through(1)
      await vi.waitFor(() => expect(versions).toEqual(['900', 'deleted', '800']), WAIT)
      expect(rollbacks).toEqual([])
    })

    it('probes after a watch that ended by itself', async () => {
      onWatch = (_request, response) => void response.writeHead(200).end()
      startWith('1000', '500')
      await pauses(1_000)
      await clock.advance(1_000)
      await reportedOnce()
      expect(lists()).toEqual(['500', '1'])
    })

    it('probes after a silent watch, as one from a future version is', async () => {
      onWatch = silent
      startWith('1000', '500')
      await vi.waitFor(() => expect(reflector.stats.watching).toBe(true), WAIT)
      await clock.advance(90_000)
      await through(1)
      await reportedOnce()
      expect(lists()).toEqual(['500', '1'])
    })

    it('resumes the watch if the API server rejects the probe, and probes after it', async () => {
      onWatch = cut
      startWith('1000')
      await counted(1)
      onList = (_request, response) => json(response, {}, 429)
      onWatch = silent
      await through(1)
      await vi.waitFor(() => expect(reflector.stats.watching).toBe(true), WAIT)
      expect(faults.at(-1)).toMatchObject({ during: 'list', error: { status: 429 } })
      expect(server.seen.at(-1)?.query.get('resourceVersion')).toBe('1000')
      onList = (_request, response) => json(response, { metadata: { resourceVersion: '500' }, items: [] })
      await clock.advance(90_000)
      await counted(3)
      await clock.advance(faults[2]?.retryInMs ?? 0)
      await reportedOnce()
    })

    it('compares with the last resourceVersion of its watch', async () => {
      onWatch = (_request, response) =>
        void response
          .writeHead(200)
          .write('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1200"}}}\n', () =>
            response.socket?.destroy(),
          )
      startWith('1000', '1100')
      await through(1)
      await reportedOnce()
      expect(rollbacks).toMatchObject([{ reached: '1200', listed: '1100' }])
    })

    it.each([
      ['nothing has changed', '1000', '1000'],
      ['much has changed, or the revision was bumped at the restore', '1000', '1000000000'],
      ['versions are not decimal numbers', 'b7', 'a3'],
    ])('continues after one probe if %s', async (_why, before, after) => {
      onWatch = cut
      startWith(before, after)
      await counted(1)
      onWatch = silent
      await through(1)
      await vi.waitFor(() => expect(reflector.stats.watching).toBe(true), WAIT)
      const resumed = server.seen.at(-1)?.query.get('resourceVersion')
      expect({ rollbacks, resumed, asked: lists(), versions }).toEqual({
        rollbacks: [],
        resumed: before,
        asked: ['500', '1'],
        versions: [before],
      })
    })

    it('probes again after a failed probe', async () => {
      onWatch = cut
      startWith('1000', '500')
      const handler = onList
      await counted(1)
      onList = (_request, response) => json(response, {}, 503)
      await clock.advance(1_000)
      await counted(2)
      expect(faults[1]).toMatchObject({ during: 'list', error: { status: 503 } })
      onList = handler
      await clock.advance(faults[1]?.retryInMs ?? 0)
      await reportedOnce()
      expect(watches()).toBe(1)
    })

    it('applies the older state without a rollback handler', async () => {
      onWatch = gone
      onList = (_request, response) => json(response, { metadata: { resourceVersion: '1000' }, items: [item('1000')] })
      start()
      await counted(1)
      onList = (_request, response) => json(response, { metadata: { resourceVersion: '500' }, items: [item('500')] })
      await through(1)
      await vi.waitFor(() => expect(reflector.get('n/a')).toBe('500'), WAIT)
    })
  })
})
