import { COMMANDS, type CommandName } from '../../options/optionTable.ts';
import { optionsOf, SUBJECT_WORDS } from './proposals.ts';
import { valueBranches } from './valueBranches.ts';

const NAMES = Object.keys(COMMANDS) as CommandName[];

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** As `_describe` takes it; a colon would end the term. */
function described(term: string, description: string): string {
  return quoted(`${term}:${description}`);
}

const VALUES = {
  words: (words: string) => `compadd -- ${words}; return`,
  file: '_files; return',
  directory: '_files -/; return',
  free: 'return',
};

function commandBranch(command: CommandName): string {
  const options = optionsOf(command).map(({ name, description }) => described(`--${name}`, description));
  const subjects = SUBJECT_WORDS[command];
  const words = subjects === undefined ? '' : ` compadd -- ${subjects.join(' ')};`;
  const label = command === 'migrate' ? "''|migrate" : command;
  return `    ${label})${words} options=(${options.join(' ')}) ;;`;
}

/** The script of `mlflow-migrate completion zsh`, made of the table of options: to be sourced, or a file of $fpath named _mlflow-migrate. */
export function zshCompletion(): string {
  const commands = Object.entries(COMMANDS).map(([name, description]) => described(name, description));
  return `#compdef mlflow-migrate
# Completion of mlflow-migrate in zsh: source <(mlflow-migrate completion zsh), after compinit
_mlflow_migrate() {
  local -a commands options
  commands=(${commands.join(' ')})
  local command=\${words[(r)(${NAMES.join('|')})]}
  case \${words[CURRENT-1]} in
${valueBranches(VALUES)}
  esac
  case $command in
${NAMES.map(commandBranch).join('\n')}
  esac
  [[ -z $command ]] && _describe command commands
  _describe option options
}
if [[ \${funcstack[1]} == _mlflow-migrate ]]; then _mlflow_migrate "$@"; else compdef _mlflow_migrate mlflow-migrate; fi
`;
}
