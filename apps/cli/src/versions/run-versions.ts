import { timeText } from '@ack-secret-manager/core'
import type { CommandCall } from '@ack-secret-manager/command-line'
import { withManagement } from '../manage/with-management.ts'
import { printable } from '../output/printable.ts'
import { paintFor } from '../output/style.ts'
import { type Cell, table } from '../output/table.ts'
import type { VERSIONS_FLAGS } from './versions-flags.ts'
import { jsonText } from '../output/json-text.ts'

/** `acksm versions` */
export async function runVersions(call: CommandCall<typeof VERSIONS_FLAGS>): Promise<number> {
  const { flags, argument, io } = call
  const versions = await withManagement(call, ({ kms, limited, during }) =>
    during(
      () => `reading the versions of ${argument} …`,
      limited((timeoutMs) => kms.versions(argument, { timeoutMs, signal: io.signal })),
    ),
  )
  switch (flags.output) {
    case 'name':
      io.stdout.write(versions.map(({ versionId }) => `${printable(versionId)}\n`).join(''))
      break
    case 'json': {
      const items = versions.map(({ versionId, stages, createdMs }) => ({
        versionId,
        stages,
        created: timeText(createdMs),
      }))
      io.stdout.write(jsonText({ name: argument, versions: items }, 2))
      break
    }
    case 'human': {
      const paint = paintFor(io)
      const header: Cell[] = ['VERSION', 'STAGES', 'CREATED'].map((text) => ({
        text,
        paint: (same) => paint('bold', same),
      }))
      const rows = versions.map(({ versionId, stages, createdMs }): Cell[] => {
        const isCurrent = stages.includes('ACSCurrent')
        const text = stages.length === 0 ? '-' : stages.join(', ')
        return [
          { text: versionId },
          isCurrent ? { text, paint: (same) => paint('green', same) } : { text },
          { text: timeText(createdMs) },
        ]
      })
      io.stdout.write(table([header, ...rows]))
    }
  }
  return 0
}
