import tls from 'node:tls'
import { afterAll, beforeAll } from 'vitest'

/**
 * What `start` returns, for the tests of the surrounding file or `describe`: it starts before them, and is closed after them. Until then it
 * has no members.
 */
export function useFixture<T extends object>(start: () => T | Promise<T>): T {
  let started: T | undefined
  beforeAll(async () => {
    started = await start()
  })
  afterAll(async () => {
    const { [Symbol.asyncDispose]: dispose, close } = (started ?? {}) as Partial<
      AsyncDisposable & { close: () => unknown }
    >
    await (dispose ?? close)?.call(started)
  })
  const running = (): T => {
    if (started === undefined) throw new Error('a fixture starts before the first test; use it in hooks and tests only')
    return started
  }
  return new Proxy({} as T, {
    get: (_none, name) => {
      const member: unknown = Reflect.get(running(), name)
      return typeof member === 'function' ? (member.bind(running()) as unknown) : member
    },
    set: (_none, name, value) => Reflect.set(running(), name, value),
    has: (_none, name) => Reflect.has(running(), name),
  })
}

/** Lets this process trust a CA during the tests of the surrounding file or `describe`. */
export function useTrusted(caPem: () => string): void {
  let before: readonly string[]
  beforeAll(() => {
    before = tls.getCACertificates('default')
    tls.setDefaultCACertificates([...before, caPem()])
  })
  afterAll(() => tls.setDefaultCACertificates(before))
}
