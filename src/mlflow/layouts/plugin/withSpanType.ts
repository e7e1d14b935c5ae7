import { endOfString, parsePythonJson } from './pythonText.ts';

const TYPE_ATTRIBUTE = 'mlflow.spanType';
const UNKNOWN = 'UNKNOWN';

/** Only a content that names one of these attributes is looked into; most spans have none. */
const MAY_TELL_TYPE =
  /"(?:openinference\.span\.kind|gen_ai\.operation\.name|gen_ai\.request\.model|traceloop\.span\.kind|ai\.operationId|span\.type|entity\.type|lk\.|lmnr\.span\.type|langfuse\.observation\.type)/;

type Attributes = Readonly<Record<string, unknown>>;
type Types = Readonly<Record<string, string>>;

const GEN_AI: Types = {
  chat: 'CHAT_MODEL',
  create_agent: 'AGENT',
  embeddings: 'EMBEDDING',
  execute_tool: 'TOOL',
  generate_content: 'LLM',
  invoke_agent: 'AGENT',
  text_completion: 'LLM',
  response: 'LLM',
};
const GEMINI: Types = { llm_call: 'LLM', tool_call: 'TOOL', agent_call: 'AGENT' };
const CLAUDE_CODE: Types = { interaction: 'AGENT', llm_request: 'LLM', tool: 'TOOL' };
const VOLT_AGENT: Types = { agent: 'AGENT', llm: 'LLM', tool: 'TOOL', memory: 'MEMORY' };
const VERCEL_LLM = ['generateText', 'streamText', 'generateObject', 'streamObject'];
const VERCEL: Types = {
  'ai.toolCall': 'TOOL',
  'ai.generateText.doGenerate': 'LLM',
  'ai.streamText.doStream': 'LLM',
  'ai.generateObject.doGenerate': 'LLM',
  'ai.streamObject.doStream': 'LLM',
  'ai.embed': 'EMBEDDING',
  'ai.embed.doEmbed': 'EMBEDDING',
  'ai.embedMany': 'EMBEDDING',
  ...Object.fromEntries(VERCEL_LLM.map((name) => [`ai.${name}`, 'LLM'])),
};
/** Of OpenInference the kinds are MLflow's own names. */
const OPEN_INFERENCE: Types = Object.fromEntries(
  'TOOL CHAIN LLM RETRIEVER EMBEDDING AGENT RERANKER UNKNOWN GUARDRAIL EVALUATOR'
    .split(' ')
    .map((kind) => [kind, kind]),
);
const TRACELOOP: Types = { workflow: 'WORKFLOW', task: 'TASK', agent: 'AGENT', tool: 'TOOL', unknown: UNKNOWN };
const LAMINAR: Types = {
  LLM: 'LLM',
  TOOL: 'TOOL',
  DEFAULT: 'CHAIN',
  PIPELINE: 'CHAIN',
  EXECUTOR: 'AGENT',
  EVALUATOR: 'EVALUATOR',
  HUMAN_EVALUATOR: 'EVALUATOR',
  EVALUATION: 'EVALUATOR',
  CACHED: 'LLM',
};
const LANGFUSE: Types = {
  generation: 'LLM',
  embedding: 'EMBEDDING',
  tool: 'TOOL',
  retriever: 'RETRIEVER',
  agent: 'AGENT',
  chain: 'CHAIN',
  evaluator: 'EVALUATOR',
  guardrail: 'GUARDRAIL',
  span: UNKNOWN,
};

/** The conventions in MLflow's order (`mlflow.tracing.otel.translation`); the first one that knows a type tells it. */
const CONVENTIONS: readonly ((attributes: Attributes) => string | undefined)[] = [
  (attributes) => typeBy(attributes, 'openinference.span.kind', OPEN_INFERENCE),
  (attributes) =>
    decoded(attributes['gen_ai.agent.name']) === 'gemini-cli'
      ? typeBy(attributes, 'gen_ai.operation.name', GEMINI)
      : undefined,
  (attributes) => {
    const kind = decoded(attributes['span.type']);
    return typeof kind === 'string' ? typeNamed(CLAUDE_CODE, kind.replace(/^claude_code\./, '')) : undefined;
  },
  (attributes) => typeBy(attributes, 'gen_ai.operation.name', GEN_AI),
  (attributes) => typeBy(attributes, 'traceloop.span.kind', TRACELOOP),
  (attributes) => typeBy(attributes, 'ai.operationId', VERCEL),
  (attributes) => typeBy(attributes, 'span.type', VOLT_AGENT) ?? typeBy(attributes, 'entity.type', VOLT_AGENT),
  liveKitType,
  (attributes) => typeBy(attributes, 'lmnr.span.type', LAMINAR),
  (attributes) => typeBy(attributes, 'langfuse.observation.type', LANGFUSE),
];

/**
 * The span's JSON text with its type, where only attributes of another tracing convention tell that: MLflow's SQL store
 * adds it whenever it reads a span, the plugin when it writes one.
 */
export function withSpanType(text: string): string {
  if (!MAY_TELL_TYPE.test(text)) return text;
  const content = parsePythonJson(text) as { attributes?: unknown } | undefined;
  if (typeof content?.attributes !== 'object' || content.attributes === null) return text;
  const attributes = content.attributes as Attributes;
  const current = decoded(attributes[TYPE_ATTRIBUTE]);
  if (current !== undefined && current !== null && current !== '' && current !== UNKNOWN) return text;
  for (const convention of CONVENTIONS) {
    const type = convention(attributes);
    if (type !== undefined) return setAttribute(text, TYPE_ATTRIBUTE, JSON.stringify(JSON.stringify(type)));
  }
  return text;
}

function liveKitType(attributes: Attributes): string | undefined {
  if ('gen_ai.request.model' in attributes) return 'LLM';
  const operation = decoded(attributes['gen_ai.operation.name']);
  const known = typeof operation === 'string' ? typeNamed(GEN_AI, operation.toLowerCase()) : undefined;
  if (known !== undefined) return known;
  for (const key of Object.keys(attributes)) {
    if (key === 'lk.retry_count') return 'LLM';
    if (key.startsWith('lk.function_tool')) return 'TOOL';
    if (['lk.agent_name', 'lk.instructions', 'lk.generation_id'].includes(key)) return 'AGENT';
    if (key.startsWith('lk.tts') || key === 'lk.input_text') return UNKNOWN;
    if (['lk.user_transcript', 'lk.transcript_confidence', 'lk.transcription_delay'].includes(key)) return UNKNOWN;
  }
  return undefined;
}

function typeBy(attributes: Attributes, key: string, types: Types): string | undefined {
  const kind = decoded(attributes[key]);
  return typeof kind === 'string' ? typeNamed(types, kind) : undefined;
}

function typeNamed(types: Types, kind: string): string | undefined {
  return Object.hasOwn(types, kind) ? types[kind] : undefined;
}

/** An attribute's value: a text may hold JSON. */
function decoded(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const parsed = parsePythonJson(value);
  return parsed === undefined ? value : parsed;
}

const QUOTE_OR_BRACKET = /["{}[\]]/g;
/** A member's value where it is a string, of which only the quote is matched, or null. */
const TEXT_OR_NULL = /\s*:\s*(?:"|null)/y;

/** Sets a member of the top-level object `attributes`: where it stands, else at the end. `value` is JSON text. */
function setAttribute(text: string, key: string, value: string): string {
  let depth = 0;
  let isInside = false;
  let isEmpty = true;
  QUOTE_OR_BRACKET.lastIndex = 0;
  for (let found = QUOTE_OR_BRACKET.exec(text); found !== null; found = QUOTE_OR_BRACKET.exec(text)) {
    const { index } = found;
    const end = found[0] === '"' ? endOfString(text, index) : index + 1;
    const token = text.slice(index, end);
    QUOTE_OR_BRACKET.lastIndex = end;
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    if (isInside && depth === 1 && token === '}') {
      return `${text.slice(0, index)}${isEmpty ? '' : ', '}${JSON.stringify(key)}: ${value}${text.slice(index)}`;
    }
    const isKey = token.startsWith('"') && /^\s*:/.test(text.slice(end, end + 100));
    if (isKey && depth === 1) isInside = token === '"attributes"';
    if (!isInside || !isKey || depth !== 2) continue;
    isEmpty = false;
    if (token !== JSON.stringify(key)) continue;
    TEXT_OR_NULL.lastIndex = end;
    const old = TEXT_OR_NULL.exec(text);
    if (old === null) continue;
    const oldEnd = old[0].endsWith('"') ? endOfString(text, TEXT_OR_NULL.lastIndex - 1) : TEXT_OR_NULL.lastIndex;
    return `${text.slice(0, end)}: ${value}${text.slice(oldEnd)}`;
  }
  return text;
}
