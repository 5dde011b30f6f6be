import { afterAll, beforeAll, vi } from 'vitest'
import { Helm } from './helm.ts'

/** The first run on a machine downloads helm. */
const TIMEOUT_MS = 20 * 60_000

/** helm without a cluster, for the tests of a file. Call it while tests are collected. */
export function useHelm(): Pick<Helm, 'run' | 'template' | 'manifests' | 'install'> {
  let helm: Helm
  vi.setConfig({ testTimeout: TIMEOUT_MS })
  beforeAll(async () => {
    helm = await Helm.open()
  }, TIMEOUT_MS)
  afterAll(() => helm?.[Symbol.asyncDispose]())
  return {
    run: (...args) => helm.run(...args),
    template: (options) => helm.template(options),
    manifests: (options) => helm.manifests(options),
    install: (options) => helm.install(options),
  }
}
