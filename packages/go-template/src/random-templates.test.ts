import { isSecretSyncError, type RenderRequest, Sensitive } from '@ack-secret-manager/core'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { GoTemplateRenderer } from './go-template-renderer.ts'
import { patientClock } from './testing/patient-clock.ts'
import { MARK, randomData, randomTemplate } from './testing/random-template.ts'
import { WasmEngine } from './wasm-engine.ts'
import { compileModule } from './wasm-module.ts'

/** A nightly run takes 100000. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 50)
const { signal } = new AbortController()

const renderer = new GoTemplateRenderer({ clock: patientClock })
afterAll(async () => renderer.close())

it(
  'any template with any data has reproducible output, or an error without values',
  async () => {
    const functions = [...(await WasmEngine.start(await compileModule())).functions().keys()]
    await fc.assert(
      fc.asyncProperty(randomTemplate(functions), randomData, async (text, data) => {
        const sensitive = new Map([...data].map(([key, bytes]) => [key, new Sensitive(bytes)]))
        const request: RenderRequest = { templates: [{ name: 'data[x]', text }], data: sensitive, seed: 'uid' }
        const outcome = await render(request)
        if (Buffer.isBuffer(outcome)) expect(await render(request)).toEqual(outcome)
        else expect(outcome.toLowerCase()).not.toContain(MARK)
      }),
      { numRuns: RUNS },
    )
  },
  180_000 + RUNS * 50,
)

/** The output, or all fields of an error. */
async function render(request: RenderRequest): Promise<Buffer | string> {
  try {
    const [output] = await renderer.render(request, { signal })
    return Buffer.from(output?.expose() ?? [])
  } catch (error) {
    if (!isSecretSyncError(error) || error.code !== 'TemplateError') throw error
    return JSON.stringify({ message: error.message, facts: error.facts, cause: error.cause })
  }
}
