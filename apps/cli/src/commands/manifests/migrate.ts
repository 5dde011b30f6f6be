import { defineCommand } from '@ack-secret-manager/command-line'
import { FILES_HINT } from '../files-hint.ts'
import { MIGRATE_FLAGS } from '../../migrate/migrate-flags.ts'

/** `acksm migrate` */
export const migrateCommand = defineCommand({
  name: 'migrate',
  summary: 'Rewrite manifests of External Secrets Operator or of the Go operator.',
  description:
    'Prints the converted manifests and leaves other objects unchanged. The report lists, for each resource, which fields are kept, which ' +
    'have another meaning and which are removed. A resource whose Secret would change gets `suspend: true`, so that nothing is written ' +
    'until a user has reviewed it. Reads only manifests and changes no cluster.',
  examples: [
    ['acksm migrate -f manifests/ --out migrated', 'files of the same names, and the report'],
    ['acksm migrate -f manifests/ --out migrated --adopt', 'adopt the existing Secrets'],
    ['kubectl get externalsecrets.alibabacloud.com -A -o yaml | acksm migrate -f - > migrated.yaml', 'from a cluster'],
    ['acksm migrate -f manifests/ -o json', 'for a script'],
  ],
  excessHint: FILES_HINT,
  flags: MIGRATE_FLAGS,
  load: async () => (await import('../../migrate/run-migrate.ts')).runMigrate,
})
