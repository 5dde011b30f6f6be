import { z } from 'zod'
import { field } from '../schema/field.ts'
import {
  cron,
  interval,
  intervalRules,
  objectName,
  timeZone,
  windowDuration,
  windowDurationRules,
} from '../schema/text.ts'
import { windowProblem } from './restart-window.ts'

const windowSchema = z
  .strictObject({
    cron: field(cron(), {
      description: 'When the window opens: minute, hour, day of month, month and day of week.',
      example: '0 2 * * 1-5',
      invalidExample: { cron: '0 2 30 2 *', duration: '1h' },
    }),
    timeZone: field(timeZone().default('UTC'), {
      description: 'Time zone of `cron`, by its name in the IANA database.',
      default: 'UTC',
      example: 'Asia/Shanghai',
      invalidExample: { cron: '0 2 * * *', duration: '1h', timeZone: 'Asia/Nowhere' },
    }),
    duration: field(windowDuration(), {
      description: 'How long the window stays open, as a Go duration from 1m to 168h.',
      example: '2h',
      rules: windowDurationRules,
    }),
  })
  .readonly()
  .superRefine((window, context) => {
    const [name, message] = windowProblem(window) ?? []
    if (name !== undefined) context.addIssue({ code: 'custom', path: [name], message: message ?? '' })
  })

/** An entry of `spec.restart`. */
export const restartSchema = field(
  z
    .strictObject({
      kind: field(z.enum(['Deployment', 'StatefulSet', 'DaemonSet']), {
        description: 'Kind of the workload.',
        example: 'Deployment',
      }),
      name: field(objectName(), { description: 'Name of the workload.', example: 'web' }),
      minInterval: field(interval().exactOptional(), {
        description:
          'Least time since the last restart of the workload, also one by `kubectl rollout restart`, as a Go duration from 1s to 8760h. Changes meanwhile are one restart.',
        default: 'none',
        example: '15m',
        rules: intervalRules,
      }),
      window: field(windowSchema.exactOptional(), {
        description: 'When the workload may be restarted. A change outside the window waits for it.',
        default: 'at any time',
        example: { cron: '0 2 * * 1-5', timeZone: 'Asia/Shanghai', duration: '2h' },
      }),
    })
    .readonly(),
  { description: 'A workload in the namespace of the ExternalSecret.' },
)
