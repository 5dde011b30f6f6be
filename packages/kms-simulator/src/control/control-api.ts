import type { IncomingMessage, ServerResponse } from 'node:http'
import { isSecretSyncError } from '@ack-secret-manager/core'
import { ApiError } from '../gateway/api-error.ts'
import { readBody } from '../gateway/http-body.ts'
import { accessKeyRoutes } from './access-key-routes.ts'
import { clientKeyRoutes } from './client-key-routes.ts'
import { ControlError } from './control-error.ts'
import { parseControlPath } from './control-path.ts'
import type { ControlContext, ControlRoutes } from './control-route.ts'
import { faultRoutes } from './fault-routes.ts'
import { metadataRoutes } from './metadata-routes.ts'
import { parameterRoutes } from './parameter-routes.ts'
import { queueRoutes } from './queue-routes.ts'
import { roleRoutes } from './role-routes.ts'
import { secretRoutes } from './secret-routes.ts'

/** Options of {@link ControlApi}. */
export interface ControlApiOptions extends ControlContext {
  readonly onDefect: (error: unknown) => void
}

const MAX_BODY_BYTES = 64 * 1024 * 1024

/** The control port: changes the state of the simulator, injects faults, and returns the log of calls. */
export class ControlApi {
  readonly #onDefect: (error: unknown) => void
  readonly #routes: ControlRoutes

  constructor(options: ControlApiOptions) {
    this.#onDefect = options.onDefect
    this.#routes = {
      ...secretRoutes(options),
      ...faultRoutes(options),
      ...accessKeyRoutes(options),
      ...roleRoutes(options),
      ...clientKeyRoutes(options),
      ...metadataRoutes(options),
      ...parameterRoutes(options),
      ...queueRoutes(options),
    }
  }

  /** Handles one request completely. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.#respond(request)
    if (response.destroyed) return
    const text = JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    response.end(text)
  }

  async #respond(request: IncomingMessage): Promise<{ status: number; body: object }> {
    try {
      const body = await readBody(request, MAX_BODY_BYTES)
      if (body === undefined) throw new ControlError(413, `the body is larger than ${MAX_BODY_BYTES} bytes`)
      const [path = '', query = ''] = (request.url ?? '').split('?', 2)
      const target = parseControlPath(path)
      const route = this.#routes[`${request.method} ${target.collection}`]
      if (route === undefined)
        throw new ControlError(405, `method ${request.method} is not supported for /${target.collection}`)
      return { status: 200, body: await route({ target, query: new URLSearchParams(query), body }) }
    } catch (error) {
      if (error instanceof ControlError || error instanceof ApiError) {
        return { status: error.status, body: { message: error.message } }
      }
      if (isSecretSyncError(error)) return { status: 400, body: { message: error.message } }
      this.#onDefect(error)
      return { status: 500, body: { message: 'internal error of the simulator' } }
    }
  }
}
