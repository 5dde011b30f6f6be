import type { Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { GoTemplateRenderer } from './go-template-renderer.ts'
import { TEMPLATE_LIMITS } from './limits.ts'
import { patientClock } from './testing/patient-clock.ts'
import { render, request } from './testing/render.ts'
import { ENDLESS, useRenderers } from './testing/renderers.ts'

const { signal } = new AbortController()

/** Shared by most tests, so that not each of them starts a thread. */
const shared = new GoTemplateRenderer({ renderTimeoutMs: 60_000, clock: patientClock })
afterAll(async () => shared.close())

const renderers = useRenderers()
const { open } = renderers

describe('a request', () => {
  it('has an output for each template, in order', async () => {
    expect(await render(shared, ['{{ .a }}', 'text', '{{ .b | upper }}'], { a: '1', b: 'x' })).toEqual([
      '1',
      'text',
      'X',
    ])
  })

  it('is rendered with the defaults of options that are undefined', async () => {
    // TypeScript accepts this without `exactOptionalPropertyTypes`.
    const unset = { renderTimeoutMs: undefined, maxThreads: undefined, clock: undefined } as object
    const renderer = new GoTemplateRenderer(unset)
    expect(await render(renderer, ['{{ .a }}'], { a: '1' })).toEqual(['1'])
    await renderer.close()
  })

  it('without templates starts no thread', async () => {
    expect(await render(open(), [])).toEqual([])
    expect(renderers.threads.started).toHaveLength(0)
  })

  it('returns outputs that no log shows', async () => {
    const [output] = await shared.render(request(['{{ .a }}'], { a: 'hunter2' }), { signal })
    expect(`${String(output)}${JSON.stringify(output)}`).not.toContain('hunter2')
  })

  it('is rendered completely or not at all, and the error names the template', async () => {
    await expect(render(shared, ['{{ .a }}', '{{ .a }}\n{{ .b }}', '{{ .a }}'], { a: '1' })).rejects.toMatchObject({
      code: 'TemplateError',
      message: 'data[1], line 2, column 4: .b has no value: it is missing, or null; default can give it one',
      facts: { field: 'data[1]' },
    })
  })

  it('a template cannot change the data of other templates', async () => {
    const spoiling = '{{ $_ := set . "a" "spoilt" }}{{ $_ := unset . "b" }}{{ .a }}'
    expect(await render(shared, [spoiling, '{{ .a }}{{ .b }}'], { a: '1', b: '2' })).toEqual(['spoilt', '12'])
  })

  it('has the same output in every thread, every time', async () => {
    const texts = ['{{ bcrypt .a 4 }}{{ htpasswd "u" .a }}{{ keys . }}{{ values . }}{{ dict "x" 1 "y" 2 | toJson }}']
    const data = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'v']).concat([['a', 'pw']]))
    const first = await render(shared, texts, data)
    expect(await render(shared, texts, data)).toEqual(first)
    expect(await render(open(), texts, data)).toEqual(first)
    const [other] = await shared.render({ ...request(texts, data), seed: 'another uid' }, { signal })
    expect(Buffer.from(other?.expose() ?? []).toString()).not.toBe(first[0])
  })
})

describe('limits', () => {
  it.each([
    ['too many templates', request(Array.from({ length: TEMPLATE_LIMITS.templates + 1 }, () => 'x')), 'data[1024]'],
    ['templates that are too large together', request(['x', 'x'.repeat(TEMPLATE_LIMITS.templateBytes)]), 'data[1]'],
    ['characters count in bytes', request(['世'.repeat(TEMPLATE_LIMITS.templateBytes / 2)]), 'data[0]'],
    ['too much data', request(['x'], { a: 'x'.repeat(TEMPLATE_LIMITS.dataBytes) }), 'data[0]'],
  ])('%s: refused before a thread starts', async (_rule, tooMuch, field) => {
    await expect(open().render(tooMuch, { signal })).rejects.toMatchObject({
      code: 'TemplateError',
      facts: { field },
    })
    expect(renderers.threads.started).toHaveLength(0)
  })

  it('a request at the limits works', async () => {
    const output = await render(shared, ['{{ .a }}'], { a: 'x'.repeat(TEMPLATE_LIMITS.outputBytes) })
    expect(output[0]).toHaveLength(TEMPLATE_LIMITS.outputBytes)
  })

  it('memory of a finished template is freed', async () => {
    const texts = Array.from({ length: 8 }, () => '{{ range until 2000 }}{{ $x := repeat 50000 "x" }}{{ end }}ok')
    expect((await render(shared, texts)).join('')).toBe('ok'.repeat(8))
  })

  it('outputs count together', async () => {
    const half = { a: 'x'.repeat(TEMPLATE_LIMITS.outputBytes / 2) }
    await expect(render(shared, ['{{ .a }}', '{{ .a }}x'], half)).rejects.toMatchObject({
      code: 'TemplateError',
      message: 'data[1]: the outputs of all templates together are larger than 1048576 bytes',
    })
  })

  it('a request beyond the queue limit is Unavailable, the others are rendered', async () => {
    const renderer = open({ maxWaiting: 2 })
    const all = await Promise.allSettled(Array.from({ length: 4 }, () => render(renderer, ['x'])))
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
    expect(all[3]).toMatchObject({ reason: { code: 'Unavailable' } })
  })

  it('options must be whole numbers', () => {
    expect(() => new GoTemplateRenderer({ maxThreads: 0 })).toThrow(RangeError)
  })
})

describe('threads', () => {
  it('one thread serves all requests in sequence', async () => {
    const renderer = open()
    await Promise.all(Array.from({ length: 20 }, () => render(renderer, ['x'])))
    expect(renderers.threads.started).toHaveLength(1)
  })

  it('the start does not count towards the timeout', async () => {
    const renderer = open({ renderTimeoutMs: 1, clock: new ManualClock() })
    expect(await render(renderer, ['x'])).toEqual(['x'])
  })

  it('an idle thread ends after a while, and new work starts another', async () => {
    const clock = new ManualClock()
    const renderer = open({ clock, idleTimeoutMs: 5_000 })
    await render(renderer, ['x'])
    await clock.advance(4_999)
    await render(renderer, ['x'])
    await clock.advance(4_999)
    expect(renderers.threads.started).toHaveLength(1)
    await clock.advance(1)
    await renderers.threads.ended(0)
    expect(await render(renderer, ['x'])).toEqual(['x'])
    expect(renderers.threads.started).toHaveLength(2)
  })

  it('a thread that died while idle is replaced', async () => {
    const renderer = open()
    await render(renderer, ['x'])
    await renderers.threads.started[0]?.terminate()
    expect(await render(renderer, ['x'])).toEqual(['x'])
  })

  it('a thread that dies while rendering is replaced, and its request is a TemplateError', async () => {
    const renderer = open()
    await render(renderer, ['x'])
    const dying = render(renderer, [ENDLESS])
    const next = render(renderer, ['x'])
    await renderers.threads.started[0]?.terminate()
    await expect(dying).rejects.toMatchObject({ code: 'TemplateError', facts: { field: 'data[0]' } })
    expect(await next).toEqual(['x'])
  })

  it('an unresponsive thread is replaced, and the request is Unavailable', async () => {
    const renderer = open()
    // Checked before it is requested.
    class Breaking extends Map<string, Sensitive<Uint8Array>> {
      #reads = 0
      override [Symbol.iterator](): MapIterator<[string, Sensitive<Uint8Array>]> {
        this.#reads += 1
        if (this.#reads > 1) throw new Error('hunter2')
        return super[Symbol.iterator]()
      }
    }
    const broken = renderer.render({ ...request(['x']), data: new Breaking() }, { signal })
    await expect(broken).rejects.toMatchObject({ code: 'Unavailable', message: expect.not.stringContaining('hunter2') })
    expect(await render(renderer, ['x'])).toEqual(['x'])
    expect(renderers.threads.started).toHaveLength(2)
  })

  it('a thread that does not start makes all queued requests Unavailable', async () => {
    const renderer = open({ startTimeoutMs: 1 })
    const all = await Promise.allSettled(Array.from({ length: 3 }, () => render(renderer, ['x'])))
    for (const each of all) expect(each).toMatchObject({ reason: { code: 'Unavailable' } })
    expect(renderers.threads.started).toHaveLength(1)
  })
})

describe('abort', () => {
  it('before the start: no thread starts', async () => {
    const renderer = open()
    await expect(render(renderer, ['x'], {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'Cancelled' })
    expect(renderers.threads.started).toHaveLength(0)
  })

  it('while waiting: the request is not rendered, the others are', async () => {
    const renderer = open()
    const stop = new AbortController()
    const first = render(renderer, ['1'])
    const aborted = render(renderer, [ENDLESS], {}, stop.signal)
    const last = render(renderer, ['2'])
    stop.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'Cancelled' })
    expect([await first, await last]).toEqual([['1'], ['2']])
    expect(renderers.threads.started).toHaveLength(1)
  })

  it('while rendering: the caller does not wait', async () => {
    const renderer = open({ renderTimeoutMs: 110 })
    await render(renderer, ['x'])
    const stop = new AbortController()
    const aborted = render(renderer, [ENDLESS], {}, stop.signal)
    stop.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'Cancelled' })
    expect(await render(renderer, ['x'])).toEqual(['x'])
  })
})

describe('close', () => {
  it('cancels running and queued requests, and ends the threads', async () => {
    const renderer = open()
    const all = [render(renderer, [ENDLESS]), render(renderer, ['x'])]
    const settled = Promise.allSettled(all)
    await renderer.close()
    for (const each of await settled) expect(each).toMatchObject({ reason: { code: 'Cancelled' } })
    await renderers.threads.ended(0)
  })

  it('rejects later requests, and can be called twice', async () => {
    const renderer = open()
    await render(renderer, ['x'])
    await renderer.close()
    await renderer.close()
    await expect(render(renderer, ['x'])).rejects.toMatchObject({ code: 'Cancelled' })
    expect(renderers.threads.started).toHaveLength(1)
  })

  it('resolves in a process that waits for nothing else, also if an output arrives meanwhile', async () => {
    const code = `
      import { GoTemplateRenderer } from '@ack-secret-manager/go-template'
      const renderer = new GoTemplateRenderer()
      const request = { templates: [{ name: 'a', text: 'x' }], data: new Map(), seed: '' }
      await renderer.render(request, { signal: new AbortController().signal })
      const stop = new AbortController()
      const rendered = renderer.render(request, { signal: stop.signal }).catch(() => undefined)
      // The thread gets the request, and responds while this thread is busy.
      for (let turn = 0; turn < 50; turn += 1) await undefined
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
      stop.abort()
      await rendered
      await renderer.close()
      console.log('closed')`
    const args = ['--conditions=@ack-secret-manager/source', '--input-type=module', '--eval', code]
    const cwd = fileURLToPath(new URL('..', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 120_000 })
    expect(stdout).toBe('closed\n')
  })
})
