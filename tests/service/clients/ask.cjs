// Puts requests to an endpoint with Comunica, which is looked for from the working folder,
// and prints a line of JSON for what comes of each: ask.cjs ENDPOINT KIND TEXT KIND TEXT ...
const { createRequire } = require("node:module");
const installed = createRequire(process.cwd() + "/");
const { QueryEngine } = installed("@comunica/query-sparql");

const values = {
  async rows(engine, text, context) {
    const rows = await (await engine.queryBindings(text, context)).toArray();
    return rows.map((row) =>
      Object.fromEntries([...row].map(([variable, term]) => [variable.value, term.value])),
    );
  },
  async truth(engine, text, context) {
    return engine.queryBoolean(text, context);
  },
  async graph(engine, text, context) {
    const quads = await (await engine.queryQuads(text, context)).toArray();
    return quads.map((quad) => [quad.subject.value, quad.predicate.value, quad.object.value]);
  },
  async update(engine, text, context) {
    await engine.queryVoid(text, { ...context, destination: context.sources[0] });
    return null;
  },
};

async function main([endpoint, ...requests]) {
  // "sparql" told beforehand, or found out from the service description.
  const value = endpoint.replace(/^sparql@/, "");
  const source = endpoint === value ? value : { type: "sparql", value };
  const engine = new QueryEngine();
  for (let at = 0; at < requests.length; at += 2) {
    const [kind, text] = requests.slice(at, at + 2);
    console.log(JSON.stringify(await values[kind](engine, text, { sources: [source] })));
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
