import { putQueueSchema, isQueueName, sendMessagesSchema } from '../smq/smq-seed.ts'
import type { Queue } from '../smq/queue.ts'
import { ControlError } from './control-error.ts'
import { type ControlContext, type ControlRoutes, parseBody } from './control-route.ts'

/** Queues of SMQ, without signatures. */
export function queueRoutes({ cloud: { queues }, clock }: ControlContext): ControlRoutes {
  const existing = (name: string): Queue => {
    const queue = queues.get(name)
    if (queue === undefined) throw new ControlError(404, `there is no queue ${name}`)
    return queue
  }
  return {
    'GET queues': ({ target: { name } }) => existing(name).counts(clock.now()),
    'POST queues': ({ target: { name }, body }) => {
      const queue = existing(name)
      const { bodies } = parseBody(body, sendMessagesSchema)
      for (const each of bodies) queue.send(each, { nowMs: clock.now() })
      return queue.counts(clock.now())
    },
    'PUT queues': ({ target: { name }, body }) => {
      if (!isQueueName(name)) throw new ControlError(400, 'not a name of a queue')
      const settings = parseBody(body, putQueueSchema)
      if (body.length > 0 || !queues.restore(name)) queues.put({ name, ...settings }, clock.now())
      return { name }
    },
    'DELETE queues': ({ target: { name } }) => {
      if (!queues.delete(name)) throw new ControlError(404, `there is no queue ${name}`)
      return { name }
    },
    'POST redeliver': ({ target: { name } }) => ({ redelivered: existing(name).redeliver(clock.now()) }),
  }
}
