// The unit table.
const reply = await fetch("api/units");
const answer = await reply.json();
const table = document.getElementById("units");
for (const unit of answer.units ?? []) {
  const row = table.insertRow();
  for (const value of [unit.id, unit.spikeCount, unit.rate?.toFixed(2), unit.verdict, unit.reasons[0]])
    row.insertCell().textContent = value ?? "";
}
