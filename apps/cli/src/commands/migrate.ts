import { MIGRATE_FLAGS } from '../migrate/migrate-flags.ts'
import { defineCommand } from './command.ts'

/** `acksm migrate` */
export const migrateCommand = defineCommand({
  name: 'migrate',
  summary: 'Rewrite manifests of External Secrets Operator or of the Go operator.',
  description:
    'Prints the manifests as ours, everything else as it was, and tells of each resource what carries over, what means something else\n' +
    'and what is left out. A resource whose Secret would come out different comes out suspended: nothing is written for it until\n' +
    'somebody has looked. Reads nothing but the manifests, and changes no cluster.',
  examples: [
    ['acksm migrate -f manifests/ --out migrated', 'files of the same names, and the report'],
    ['acksm migrate -f manifests/ --out migrated --adopt', 'to go on with the Secrets that are there'],
    ['kubectl get externalsecrets.alibabacloud.com -A -o yaml | acksm migrate -f - > migrated.yaml', 'from a cluster'],
    ['acksm migrate -f manifests/ -o json', 'for a script'],
  ],
  flags: MIGRATE_FLAGS,
  load: async () => (await import('../migrate/run-migrate.ts')).runMigrate,
})
