import { afterAll, describe, expect, it } from 'vitest'
import { GoTemplateRenderer } from './go-template-renderer.ts'
import { patientClock } from './testing/patient-clock.ts'
import { render } from './testing/render.ts'
import { ENDLESS, useRenderers } from './testing/renderers.ts'

/** Shared by most tests, so that not each of them starts a thread. */
const shared = new GoTemplateRenderer({ renderTimeoutMs: 60_000, clock: patientClock })
afterAll(async () => shared.close())

const renderers = useRenderers()
const { open } = renderers

// A second of the processor may take much longer.
describe('a hostile template', { timeout: 180_000 }, () => {
  const cyclic = '{{ $d := dict }}{{ $_ := set $d "a" $d }}'

  const hasty = new GoTemplateRenderer({ renderTimeoutMs: 110, clock: patientClock })
  afterAll(async () => hasty.close())

  it.each([
    ['loops', hasty, ENDLESS, /takes longer than 110 ms$/],
    [
      'calls itself with exponential growth',
      hasty,
      '{{ define "t" }}{{ range 9 }}{{ template "t" }}{{ end }}{{ end }}{{ template "t" }}',
      /takes longer|maximum template depth/,
    ],
    ['computes an expensive hash', hasty, '{{ bcrypt "x" 31 }}', /takes longer than 110 ms$/],
    ['copies a cyclic value', hasty, `${cyclic}{{ deepCopy $d }}`, /takes longer|nested too deeply|more memory/],
    ['prints a cyclic value', shared, `${cyclic}{{ $d }}`, /nested too deeply|more memory/],
    [
      'calls itself',
      shared,
      '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}',
      /template depth \(1000\)$/,
    ],
    ['repeats', shared, '{{ repeat 2000000000 "x" }}', /more memory than 134217728 bytes$/],
    ['doubles a text', shared, '{{ $s := "x" }}{{ range 99 }}{{ $s = cat $s $s }}{{ end }}', /more memory/],
    ['creates a list', shared, '{{ range until 9999999999 }}{{ end }}', /more memory/],
    ['creates a list in steps', shared, '{{ untilStep 0 9223372036854775807 1 }}', /more memory/],
    ['creates a sequence', shared, '{{ seq 1 1 999999999 }}', /more memory/],
    ['indents', shared, '{{ indent 999999999 .v }}', /more memory/],
    ['pads', shared, '{{ printf "%999999d" 1 }}{{ printf "%999999d" 1 }}', /larger than 1048576 bytes$/],
    ['writes without end', shared, '{{ range 99999999 }}xxxxxxxxxxxxxxxx{{ end }}', /larger than 1048576 bytes$/],
    ['is nested too deeply', shared, '{{ if 1 }}'.repeat(20_000) + '{{ end }}'.repeat(20_000), /nested too deeply$/],
    ['has too many parentheses', shared, `{{ ${'('.repeat(9999)}1${')'.repeat(9999)} }}`, /expression depth exceeded$/],
    ['calls an unknown function', shared, '{{ call .v }}', /non-function/],
    ['calls a removed function', shared, '{{ env "HOME" }}', /function env is not available: /],
  ])('that %s is a TemplateError, and the next request is served', async (_what, renderer, text, message) => {
    const failing = render(renderer, ['innocent', text], { v: 'x' })
    await expect(failing).rejects.toMatchObject({
      code: 'TemplateError',
      message: expect.stringMatching(message) as string,
      facts: { field: 'data[1]' },
    })
    expect(await render(renderer, ['{{ .v }}'], { v: 'x' })).toEqual(['x'])
  })

  it('queued requests continue in another thread', async () => {
    const renderer = open({ renderTimeoutMs: 110 })
    const hostile = render(renderer, [ENDLESS])
    const waiting = Array.from({ length: 8 }, (_, i) => render(renderer, ['{{ .v }}'], { v: `${i}` }))
    await expect(hostile).rejects.toMatchObject({ code: 'TemplateError' })
    expect((await Promise.all(waiting)).flat().join('')).toBe('01234567')
    await renderers.threads.ended(0)
    expect(renderers.threads.started).toHaveLength(2)
  })

  it('ends only one thread for repeated requests', async () => {
    const renderer = open({ renderTimeoutMs: 110 })
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => render(renderer, [ENDLESS])))
    const again = await Promise.allSettled([render(renderer, [ENDLESS])])
    for (const each of [...all, ...again]) {
      expect(each).toMatchObject({ reason: { code: 'TemplateError', facts: { field: 'data[0]' } } })
    }
    expect(renderers.threads.started).toHaveLength(1)
  })

  it('does not block requests of another thread', async () => {
    const renderer = open({ maxThreads: 2, renderTimeoutMs: 60_000 })
    const stop = new AbortController()
    const hostile = render(renderer, [ENDLESS], {}, stop.signal)
    expect(await render(renderer, ['fine'])).toEqual(['fine'])
    expect(await render(renderer, ['fine'])).toEqual(['fine'])
    stop.abort()
    await expect(hostile).rejects.toMatchObject({ code: 'Cancelled' })
    expect(renderers.threads.started).toHaveLength(2)
  })
})
