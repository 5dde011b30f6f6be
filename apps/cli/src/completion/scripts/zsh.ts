import { scriptText } from './script-text.ts'

/** The script for zsh, to be sourced or in a directory of `fpath`. */
export const ZSH = scriptText`#compdef acksm
# zsh completion for acksm. To load it: source <(acksm completion zsh)

_acksm() {
    local line word directive suffix=()
    local -a out described
    out=("$\{(@f)$(acksm __complete "$\{(@Q)words[2,CURRENT-1]}" "$\{(Q)PREFIX}" 2>/dev/null)}")
    directive=$\{out[-1]#:}
    out[-1]=()
    if [[ $PREFIX == --*=* ]]; then
        out=("$\{(@)out#$\{PREFIX%%=*}=}")
        compset -P '--*='
    fi
    for line in $out; do
        word=$\{line%%$'\t'*}
        # _describe reads \ and : itself.
        word=$\{word//\\/\\\\}
        word=$\{word//:/\\:}
        if [[ $line == *$'\t'* ]]; then
            described+=("$word:$\{line#*$'\t'}")
        else
            described+=("$word")
        fi
    done
    (( directive & 2 )) && suffix=(-S '')
    if (( $#described )); then
        _describe acksm described $suffix
    elif (( ! (directive & 4) )); then
        _files
    fi
}

if [[ $funcstack[1] == _acksm ]]; then
    _acksm "$@"
else
    compdef _acksm acksm
fi
`
