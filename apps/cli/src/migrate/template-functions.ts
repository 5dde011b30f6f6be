/** Functions that External Secrets Operator adds to Sprig, with their replacement. */
const OF_EXTERNAL_SECRETS: Readonly<Record<string, string>> = {
  toYaml: 'use toJson, because YAML parsers accept JSON',
  fromYaml: 'use fromJson on a JSON secret, or select its members with dataProcess.extract or jmesPath',
  ...Object.fromEntries(
    [
      'pkcs12key',
      'pkcs12keyPass',
      'pkcs12cert',
      'pkcs12certPass',
      'pemToPkcs12',
      'pemToPkcs12Pass',
      'fullPemToPkcs12',
      'fullPemToPkcs12Pass',
      'pemTruststoreToPKCS12',
      'pemTruststoreToPKCS12Pass',
      'filterPEM',
      'filterCertChain',
      'jwkPublicKeyPem',
      'jwkPrivateKeyPem',
      'rsaDecrypt',
    ].map((name) => [name, 'store its result as a separate secret in KMS']),
  ),
}

/** Functions of Sprig that are not deterministic, or that read outside the template. */
const NOT_HERMETIC = [
  'ago',
  'date',
  'date_in_zone',
  'date_modify',
  'dateInZone',
  'dateModify',
  'encryptAES',
  'env',
  'expandenv',
  'genCA',
  'genCAWithKey',
  'genPrivateKey',
  'genSelfSignedCert',
  'genSelfSignedCertWithKey',
  'genSignedCert',
  'genSignedCertWithKey',
  'getHostByName',
  'htmlDate',
  'htmlDateInZone',
  'now',
  'randAlpha',
  'randAlphaNum',
  'randAscii',
  'randBytes',
  'randInt',
  'randNumeric',
  'shuffle',
  'uuidv4',
]

/** Functions that our templates do not have, with their replacement. */
export const ABSENT: ReadonlyMap<string, string> = new Map([
  ...NOT_HERMETIC.map((name) => [name, 'store its result as a secret in KMS'] as const),
  ...Object.entries(OF_EXTERNAL_SECRETS),
])

/** Tokens of an action: strings, comments, fields and variables, which are skipped; then names, which may be functions. */
const TOKENS =
  /"(?:\\.|[^"\\])*"|`[^`]*`|'(?:\\.|[^'\\])*'|\/\*[\s\S]*?\*\/|[.$][\p{L}_]?[\p{L}\p{N}_]*|[\p{L}_][\p{L}\p{N}_]*/gu
/** Strings may hold braces. */
const ACTIONS = /\{\{((?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!\}\})[\s\S])*)\}\}/g

/** Functions that a Go template calls and that our templates do not have, with their replacement. */
export function absentFunctions(template: string): ReadonlyMap<string, string> {
  const absent = new Map<string, string>()
  for (const [, action = ''] of template.matchAll(ACTIONS)) {
    for (const [token] of action.matchAll(TOKENS)) {
      const instead = ABSENT.get(token)
      if (instead !== undefined) absent.set(token, instead)
    }
  }
  return absent
}
