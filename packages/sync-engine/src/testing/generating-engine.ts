import { type SecretGenerator, type SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import type { CreateGenerator } from '../generate/generated-plan.ts'
import type { SyncResource } from '../model/resource.ts'
import { type EngineFixtureOptions, engineFixture } from './engine-fixture.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** Generates `new-1`, `new-2` and so on, over all processes of a test. */
export class Generators {
  /** Errors of the next generations. */
  readonly failures: SecretSyncError[] = []
  generated = 0

  readonly create: CreateGenerator = ({ password }) => {
    const { length = 32, rotationInterval, onSettingsChange } = password ?? {}
    const generator: SecretGenerator = {
      kind: 'password',
      settings: length.toString(16),
      ...(rotationInterval !== undefined && { renewAfterMs: Number.parseInt(rotationInterval, 10) * HOUR }),
      renewsOnChange: onSettingsChange === 'Generate',
      generate: () => {
        const failure = this.failures.shift()
        if (failure) return Promise.reject(failure)
        this.generated += 1
        return Promise.resolve({ value: new Sensitive<Uint8Array>(Buffer.from(`new-${this.generated}`)) })
      },
    }
    return generator
  }
}

/** The real engine with generators that a test controls. */
export function startGenerating(
  options: EngineFixtureOptions & { readonly generators?: Generators } = {},
  secrets = {},
) {
  const { generators = new Generators(), ...rest } = options
  const fixture = engineFixture(secrets, { createGenerator: generators.create, ...rest })
  const { writer, clock } = fixture
  return {
    ...fixture,
    generators,
    texts: () => writer.textsOf('web'),
    upsert: async (spec: object, more: Partial<SyncResource> = {}) => {
      fixture.upsert(spec, more)
      await clock.advance(0)
    },
    /** Writes, without those that restarts make. */
    writes: () => writer.actions.filter(({ kind }) => kind !== 'record').map(({ kind }) => kind),
  }
}

export const generate = (password: object = {}, name: string = 'password'): object => ({ name, password })
export const ONE = { generate: [generate()] }
export const DAILY = { generate: [generate({ rotationInterval: '24h' })] }
