import { z } from 'zod'
import { LOST_NAME } from '../parse/normalize.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { text } from '../schema/text.ts'
import type { ServiceDefinition } from './store-service.ts'

function pluginStore() {
  return z
    .strictObject({
      package: field(
        text(LIMITS.packageName).regex(/^(@[a-z0-9][-._a-z0-9]*\/)?[a-z0-9][-._a-z0-9]*$/, {
          error: 'expected the name of an npm package',
        }),
        {
          description: 'Name of a package that `--backend-package` loads.',
          example: '@example/ack-secret-manager-backend-vault',
        },
      ),
      config: field(
        z
          .record(
            z.string().refine((name) => name !== LOST_NAME),
            z.unknown(),
          )
          .readonly()
          .default({}),
        {
          description:
            'Configuration, as the schema of the package defines it. Do not put secrets here: many users can read the resource.',
          default: '`{}`',
          example: { address: 'https://vault.example' },
          freeForm: true,
        },
      ),
    })
    .readonly()
    .exactOptional()
}

/** A store that reads through a backend package. */
export const pluginService = {
  provider: 'plugin',
  names: ['Plugin'],
  schema: pluginStore,
  meta: { description: 'A backend package that the operator has loaded.' },
  serviceOf: (plugin) => ({ kind: 'package', name: 'Plugin', provider: 'plugin', field: 'spec.plugin', ...plugin }),
} as const satisfies ServiceDefinition<ReturnType<typeof pluginStore>>
