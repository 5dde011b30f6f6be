import { BlockList, isIP } from 'node:net'

/** One entry of `NO_PROXY`. */
type Matcher = (host: string, port: number) => boolean

/** Go's `golang.org/x/net/http/httpproxy`, which kubectl and the `aliyun` CLI use, never proxies these either. */
const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/**
 * The hosts that `NO_PROXY` excludes: entries separated by commas or spaces. `example.com` also matches its subdomains,
 * `.example.com` only them; an address or a CIDR range matches addresses; `:PORT` at the end limits an entry to that port; `*`
 * matches every host. Loopback addresses are always excluded.
 */
export function noProxyMatcher(text: string): Matcher {
  const matchers = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(matcherOf)
  return (name, port) => {
    const host = name
      .toLowerCase()
      .replace(/^\[(.*)\]$/, '$1')
      .replace(/\.$/, '')
    return isLoopback(host) || matchers.some((matches) => matches(host, port))
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || contains(LOOPBACK, host)
}

function matcherOf(entry: string): Matcher {
  const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(entry) ?? []
  // An IPv6 address without brackets has no port.
  const pattern = bracketed ?? plain ?? entry
  const matches = hostMatcher(pattern)
  return portText === undefined ? matches : (host, port) => port === Number(portText) && matches(host, port)
}

function hostMatcher(pattern: string): Matcher {
  if (pattern === '*') return () => true
  const range = rangeOf(pattern)
  if (range !== undefined) return (host) => contains(range, host)
  const isSuffix = /^\*?\./.test(pattern)
  const domain = pattern.replace(/^\*?\./, '').replace(/\.$/, '')
  return (host) => (!isSuffix && host === domain) || host.endsWith(`.${domain}`)
}

/** An address, or a CIDR range such as 10.0.0.0/8. */
function rangeOf(pattern: string): BlockList | undefined {
  const [address = '', prefix, ...rest] = pattern.split('/')
  const family = familyOf(address)
  if (family === undefined || rest.length > 0) return undefined
  const list = new BlockList()
  if (prefix === undefined) list.addAddress(address, family)
  else if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 'ipv4' ? 32 : 128)) {
    list.addSubnet(address, Number(prefix), family)
  } else return undefined
  return list
}

function contains(list: BlockList, host: string): boolean {
  const family = familyOf(host)
  return family !== undefined && list.check(host, family)
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6'
}
