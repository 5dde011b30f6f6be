const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Variables that decide which code a program runs or where it finds its configuration. A secret must not set them by accident. */
const PROTECTED: readonly RegExp[] = [
  /^(?:PATH|HOME|SHELL|USER|LOGNAME|PWD|TMPDIR|IFS|ENV|BASH_ENV|BASHOPTS|SHELLOPTS|PROMPT_COMMAND|CDPATH|PS4)$/,
  /^(?:LD|DYLD)_/,
  /^NODE_(?:OPTIONS|PATH|EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED|REPL_EXTERNAL_MODULE)$/,
  /^(?:PYTHON(?:PATH|HOME|STARTUP|WARNINGS|INSPECT)|PERL5?(?:LIB|OPT|DB)|RUBY(?:LIB|OPT)|GEM_(?:PATH|HOME)|BUNDLE_GEMFILE)$/,
  /^(?:_JAVA_OPTIONS|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|MAVEN_OPTS|CLASSPATH|JAVA_HOME)$/,
  /^(?:DOTNET_STARTUP_HOOKS|CORECLR_ENABLE_PROFILING|CORECLR_PROFILER(?:_PATH)?|PHPRC|PHP_INI_SCAN_DIR|LUA_(?:PATH|CPATH|INIT))$/,
  /^(?:GIT_(?:SSH|SSH_COMMAND|EXEC_PATH|ASKPASS|EDITOR|PAGER|CONFIG\w*)|EDITOR|VISUAL|PAGER|LESSOPEN|BROWSER)$/,
  /^(?:(?:HTTPS?|ALL|NO)_PROXY|https?_proxy|all_proxy|no_proxy|SSL_CERT_(?:FILE|DIR)|GCONV_PATH|LOCPATH|TERMINFO)$/,
  /^(?:OPENSSL_(?:CONF|MODULES)|ZDOTDIR|GLIBC_TUNABLES|KUBECONFIG|XDG_CONFIG_(?:HOME|DIRS))$/,
  // npm reads them in any case.
  /^npm_config_/i,
]

/** Whether a text is the name of an environment variable that every shell can read. */
export function isVariableName(text: string): boolean {
  return NAME.test(text)
}

/** Whether a variable decides how programs are run. */
export function isProtected(name: string): boolean {
  return PROTECTED.some((pattern) => pattern.test(name))
}

/** `db-password` becomes `DB_PASSWORD`. */
export function upperName(key: string): string {
  return key.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_')
}
