import MixtureModels

// A point a row.
let points = Matrix(rows: (0..<300).map { [Double($0 % 3) * 5, Double($0 % 7) / 7] })

let fit = try StudentT(components: 3).fit(points)
let labels = try fit.predict(points)
let probabilities = try fit.probabilities(points)
print(labels.prefix(6), probabilities[0, labels[0]])
print("BIC \(fit.bic), mean log-density \(try fit.score(points))")
