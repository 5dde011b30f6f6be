import type { ForwardedResponse } from './proxied-request.ts'

const GONE = `${JSON.stringify({
  type: 'ERROR',
  object: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'too old resource version',
    reason: 'Expired',
    code: 410,
  },
})}\n`

/**
 * Forwards a watch event by event. It shows only what a real API server and a broken network can show: one watch keeps the
 * order of its events, but two watches may be out of step.
 */
export function forwardWatch(passing: ForwardedResponse): void {
  const { call, fault, upstreamResponse, response, faulted, hold, silent } = passing
  response.writeHead(200, upstreamResponse.headers)
  response.flushHeaders()
  let rest = ''
  let queue = Promise.resolve()
  let isMute = false
  const send = (text: string): void => {
    if (!response.destroyed && !response.writableEnded) response.write(text)
  }
  const event = (line: string): void => {
    passing.received?.(line)
    switch (fault?.kind) {
      case 'watch-cut':
        faulted(fault.kind)
        response.write(line.slice(0, line.length / 2), () => response.destroy())
        return
      case 'watch-gone':
        faulted(fault.kind)
        response.end(GONE)
        return
      case 'watch-twice':
        faulted(fault.kind)
        return send(line + line)
      case 'watch-lag': {
        faulted(fault.kind)
        const { ms } = fault
        const due = new Promise<void>((resolve) => setTimeout(resolve, ms))
        queue = queue.then(() => due).then(() => send(line))
        return
      }
      default:
        return send(line)
    }
  }
  passing.opened({
    path: call.path,
    reset: () => void response.destroy(),
    end: () => {
      isMute = true
      response.end()
    },
    freeze: () => (isMute = true),
    inject: send,
  })
  upstreamResponse.setEncoding('utf8')
  upstreamResponse.on('data', (text: string) => {
    if (!isMute && silent()) {
      isMute = true
      faulted('half-open')
      // Events were dropped, so this stream must not send later ones.
      hold(() => response.destroy())
    }
    if (isMute) return
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (!response.destroyed && !response.writableEnded) event(`${line}\n`)
  })
  upstreamResponse.on('end', () => void queue.then(() => response.end()))
  upstreamResponse.on('aborted', () => response.destroy())
}
