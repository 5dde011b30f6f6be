import http from 'node:http'
import https from 'node:https'

type Connect = typeof http.Agent.prototype.createConnection

/**
 * Sends connections to fixed hosts elsewhere, as a hosts file and a port would: the SDK has the metadata service and the sign-in
 * pages built in. Applies to this process until the function that it returns is called.
 * @param routes `HOST:PORT` that the SDK connects to → `HOST:PORT` that listens
 */
export function redirect(routes: Readonly<Record<string, string>>): () => void {
  const undo = [http.Agent.prototype, https.Agent.prototype].map((prototype) => {
    // oxlint-disable-next-line typescript/unbound-method -- called with the agent as `this`
    const original: Connect = prototype.createConnection
    prototype.createConnection = function createConnection(this: http.Agent, options, callback) {
      const to = routes[`${options.host}:${options.port}`]
      if (to === undefined) return original.call(this, options, callback)
      const { hostname, port } = new URL(`http://${to}`)
      // The name of the certificate stays that of the host that is asked for.
      return original.call(this, { ...options, host: hostname, port: Number(port) }, callback)
    }
    return () => {
      prototype.createConnection = original
    }
  })
  return () => {
    for (const restore of undo) restore()
  }
}
