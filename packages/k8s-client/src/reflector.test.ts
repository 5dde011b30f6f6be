import { ManualClock } from '@ack-secret-manager/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KubeClient } from './kube-client.ts'
import { Reflector, type ReflectorFault, type ReflectorOptions } from './reflector.ts'
import { json, type RawServer, rawServer } from './testing/raw-server.ts'

type Answer = Parameters<typeof rawServer>[0]

const list: Answer = (_request, response) => json(response, { metadata: { resourceVersion: '1' }, items: [] })

describe('Reflector on a wire that breaks', () => {
  const clock = new ManualClock()
  let server: RawServer
  let client: KubeClient
  let reflector: Reflector<string>
  let faults: ReflectorFault[]
  let onList: Answer
  let onWatch: Answer

  beforeEach(async () => {
    faults = []
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
  const counted = (count: number): Promise<void> => vi.waitFor(() => expect(faults).toHaveLength(count))
  const watches = (): number => server.seen.filter((request) => request.query.has('watch')).length
  /** Lets each pause pass, after the fault that began it. */
  const through = async (count: number): Promise<void> => {
    for (let index = 1; index <= count; index += 1) {
      await counted(index)
      await clock.advance(faults.at(-1)?.retryInMs ?? 0)
    }
  }

  it.each<[string, Answer]>([
    ['is refused each time', (_request, response) => json(response, {}, 503)],
    ['breaks each time before it begins', (_request, response) => void response.socket?.destroy()],
    [
      'begins and breaks each time',
      (_request, response) => {
        response.writeHead(200).flushHeaders()
        setImmediate(() => response.socket?.destroy())
      },
    ],
  ])('waits longer and longer when a watch %s, though each list succeeds', async (_how, answer) => {
    onWatch = answer
    start()
    await through(8)
    expect(faults.map((fault) => fault.retryInMs)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    // One watch for each pause that has passed, and not one more.
    await vi.waitFor(() => expect(watches()).toBe(9))
  })

  it('does not turn in circles when watches end cleanly at once', async () => {
    onWatch = (_request, response) => void response.writeHead(200).end()
    start()
    await vi.waitFor(() => expect(watches()).toBe(1))
    await clock.advance(0)
    await clock.advance(999)
    expect(watches()).toBe(1)
    await clock.advance(1)
    await vi.waitFor(() => expect(watches()).toBe(2))
    expect(faults).toEqual([])
  })

  it('waits longer and longer when every history is gone', async () => {
    onWatch = (_request, response) => json(response, { kind: 'Status', reason: 'Expired', code: 410 }, 410)
    start()
    await through(4)
    expect(faults.map((fault) => fault.retryInMs)).toEqual([1_000, 2_000, 4_000, 8_000])
    expect(reflector.facts.lists).toBeLessThanOrEqual(5)
  })

  it('gives up a list whose continue token expires every time, and begins it anew later', async () => {
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

  it.each<[string, string, Answer]>([
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
  ])('hangs up on %s, and lists anew', async (_what, message, answer) => {
    onWatch = answer
    start({ maxLineBytes: 1_000 })
    await through(1)
    expect(faults[0]).toMatchObject({ during: 'decode', error: { message: expect.stringContaining(message) } })
    await vi.waitFor(() => expect(reflector.facts.lists).toBe(2))
  })

  it('resumes from the last event or bookmark it read', async () => {
    onWatch = (_request, response) => {
      response.writeHead(200)
      response.write('{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"n","resourceVersion":"5"}}}\n')
      response.end('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}\n')
    }
    start()
    await vi.waitFor(() => expect(reflector.get('n/a')).toBe('5'))
    await vi.waitFor(async () => {
      await clock.advance(1_000)
      expect(watches()).toBe(2)
    })
    const asked = server.seen.filter((request) => request.query.has('watch')).map((request) => request.query)
    expect(asked.map((query) => query.get('resourceVersion'))).toEqual(['1', '9'])
    expect(asked[0]?.get('allowWatchBookmarks')).toBe('true')
    expect(asked[0]?.get('timeoutSeconds')).toBe('300')
    expect(reflector.facts.lists).toBe(1)
  })

  it('gives a watch up after a minute and a half of silence, counted from the last bookmark', async () => {
    let bookmark: () => void = () => {}
    onWatch = (_request, response) => {
      response.writeHead(200).flushHeaders()
      bookmark = () => response.write('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}\n')
    }
    start()
    await vi.waitFor(() => expect(reflector.facts.watching).toBe(true))
    await clock.advance(60_000)
    const beganMs = reflector.facts.lastActivityMs
    bookmark()
    await vi.waitFor(() => expect(reflector.facts.lastActivityMs).toBe(beganMs + 60_000))
    await clock.advance(89_999)
    expect(faults).toEqual([])
    await clock.advance(1)
    await counted(1)
    expect(faults[0]).toMatchObject({ during: 'watch', error: { code: 'Timeout' } })
  })

  it('lists everything anew after ten hours, when its watch ends', async () => {
    let end: () => void = () => {}
    onWatch = (_request, response) => {
      response.writeHead(200).flushHeaders()
      end = () => response.end()
    }
    start({ idleTimeoutMs: 1e9, random: () => 0.5 })
    await vi.waitFor(() => expect(reflector.facts.watching).toBe(true))
    await clock.advance(35_999_000)
    end()
    await vi.waitFor(() => expect(reflector.facts).toMatchObject({ watches: 2, lists: 1, watching: true }))
    await clock.advance(31_000)
    end()
    await vi.waitFor(() => expect(reflector.facts).toMatchObject({ watches: 3, lists: 2 }))
    expect(faults).toEqual([])
  })
})
