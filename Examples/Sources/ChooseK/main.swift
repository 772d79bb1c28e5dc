import MixtureModels

// A point a row.
let points = Matrix(rows: (0..<300).map { [Double($0 % 3) * 5, Double($0 % 7) / 7] })

let selection = try StudentT(restarts: 10).select(2...8, points)
for (k, bic) in zip(selection.components, selection.bestBIC) { print(k, bic) }
print("BIC chooses \(selection.bestComponents)")
print("restart by restart:", selection.componentsBySeed)
let labels = try selection.best.predict(points)
print(Set(labels).count, "components hold points")
