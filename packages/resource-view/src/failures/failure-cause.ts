/** Longest cause; the rest of a message is in the status of the resource. */
const MAX_LENGTH = 200
/** Messages of the operator are shorter. A user who may write a status can write any text, and the patterns take time for each character. */
const MAX_READ = 2_048
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"'
const LIST = `${QUOTED}(?:, ${QUOTED})*(?: and \\d+ more)?`
const NAMES = new RegExp(`: ${LIST}`, 'g')
const FIRST_NAMES = new RegExp(`^${LIST}: `)
/** The resource of a denied request. */
const RESOURCE = /( kms:\w+) on (?:acs:kms:[^\s/]*)?secret\/[^\s:]+/g
const SUBJECT = new RegExp(`^[A-Za-z]+ \\w+(?: ${QUOTED})? at ([^\\s:]+(?::\\d+)?): (.*)$`, 's')

/**
 * The cause in the message of a Ready condition, without the names of secrets, so that resources with the same cause are one group.
 * Messages are for people and may change; an unknown one is its own cause. Pure.
 */
export function causeOf(reason: string, message: string): string {
  const text = message
    .slice(0, MAX_READ)
    .replace(/ \((?:last values kept|nothing is written|the Secret )[^()]*\)$/, '')
    .replace(/^\d+ of \d+ secrets: /, '')
  const plain = withoutReason(text, reason).replace(FIRST_NAMES, '').replaceAll(NAMES, '').replaceAll(RESOURCE, '$1')
  const [, host, what] = SUBJECT.exec(plain) ?? []
  const cause = host === undefined || what === undefined ? plain : `${shortened(what)} at ${host}`
  return cause.length <= MAX_LENGTH ? cause : `${cause.slice(0, MAX_LENGTH - 1)}…`
}

function withoutReason(text: string, reason: string): string {
  return text.startsWith(`${reason}: `) ? text.slice(reason.length + 2) : text.replace(/^[A-Z]\w+: /, '')
}

/**
 * Equal for messages with the same cause. Numbers in a message, such as a line or a duration, do not make another cause, except in the
 * name of a host or an identity. Pure.
 */
export function causeKeyOf(reason: string, message: string): string {
  const cause = causeOf(reason, message)
  const names = cause.match(/ at [\w.-]+(?::\d+)?$|\bacs:[\w:/@.-]+|\bAccessKey \w+/g) ?? []
  return [cause.replaceAll(/\d+/g, '0').replace(NAMES_READ, ''), ...names].join('\n')
}

const NAMES_READ = new RegExp(` to read ${LIST}`)

/** `HTTP 503 ServiceUnavailableTemporary` says more than the sentence before it. */
function shortened(text: string): string {
  const [, code, http] = /\((?:(\w+), )?(HTTP 5\d\d)\)/.exec(text) ?? []
  if (http === undefined) return text
  return code === undefined ? http : `${http} ${code}`
}
