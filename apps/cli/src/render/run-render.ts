import type { CommandCall } from '@ack-secret-manager/command-line'
import type { RENDER_FLAGS } from './render-flags.ts'
import { Log } from '../output/log.ts'
import { printable } from '../output/printable.ts'
import { isFailure, lineOf } from '../sync/resource-result.ts'
import { runPass } from '../sync/run-pass.ts'
import { MemorySecretWriter } from './memory-secret-writer.ts'
import { placeholderGenerator } from './placeholder-generator.ts'
import { secretObject, secretYaml } from './secret-manifest.ts'
import { jsonText } from '../output/json-text.ts'
import { openManifests } from '../sync/open-manifests.ts'

/** `acksm render` */
export async function runRender({ flags, typed, io }: CommandCall<typeof RENDER_FLAGS>): Promise<number> {
  const log = new Log(io.stderr, flags['log-level'])
  const manifests = await openManifests({ flags, io }, log).read(io.signal)
  const writer = new MemorySecretWriter({ generates: true })
  const session = await runPass(
    {
      flags,
      typed,
      env: io.env,
      log,
      cluster: undefined,
      openWriter: () => Promise.resolve(writer),
      createGenerator: placeholderGenerator,
    },
    manifests,
    io,
  )
  try {
    if (io.signal.aborted) return 130
    const showValues = flags['show-values']
    const secrets = writer.secrets()
    if (flags.output === 'json') {
      const items = secrets.map((secret) => secretObject(secret, showValues))
      io.stdout.write(jsonText({ apiVersion: 'v1', kind: 'List', items }, 2))
    } else io.stdout.write(secrets.map((secret) => secretYaml(secret, showValues)).join('---\n'))
    const failed = session.results(flags.timeout).filter(isFailure)
    for (const result of failed) {
      const { namespace, name } = result
      io.stderr.write(`acksm: ${printable(`${namespace}/${name}: ${lineOf(result)}`)}\n`)
    }
    return failed.length > 0 ? 1 : 0
  } finally {
    await session.close()
  }
}
